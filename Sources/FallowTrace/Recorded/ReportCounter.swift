// SPDX-License-Identifier: Apache-2.0

/// Feeds every event to everything that a report consists of.
struct ReportCounter: TraceSink {
  /// What an event, or the end of the recording, makes known.
  struct News {
    /// The place of the table that the event hands over.
    var place: Place?
    /// The run that it ends.
    var run: WorkerRun?
    /// Tables of unplugged memory of which everything is known now.
    var unplugged: [UnpluggedTable] = []
  }

  private var events = 0
  private var figures = FiguresCounter()
  private var placer = Placer()
  private var placement = PlacementCounts()
  private var unplugs = UnplugTracker()
  private var unplugOrder = UnplugOrder()
  private var collector = RunCollector()
  private var rules = BatchRules()
  private var latency = WorkerLatencyCounter()

  mutating func receive(_ event: TraceEvent) {
    _ = take(event)
  }

  /// Takes the next event and returns what it makes known.
  @inline(__always)
  mutating func take(_ event: TraceEvent) -> News {
    figures.receive(event)
    var news = News()
    news.place = placer.place(event)
    let isUnplugged = unplugs.receive(event, at: events)
    events += 1
    // A table of unplugged memory is counted when it is settled.
    if let place = news.place, !isUnplugged { placement.count(place) }
    news.unplugged = countUnplugged()
    news.run = collector.receive(event)
    if let run = news.run {
      rules.add(run)
      latency.add(run)
    }
    return news
  }

  /// The recording is over: returns what that makes known.
  mutating func finish() -> News {
    unplugs.finish()
    return News(unplugged: countUnplugged())
  }

  private mutating func countUnplugged() -> [UnpluggedTable] {
    let settled = unplugs.takeSettled()
    for table in settled {
      figures.count(table)
      unplugOrder.count(table)
      if table.tableFree != nil { placement.count(table.place) }
    }
    return settled
  }

  /// The runs that have not ended.
  var unfinishedRuns: [WorkerRun] { collector.unfinished }

  /// The report of everything received.
  func report(_ reading: TraceReading) -> RecordedReport {
    var evidence = figures.evidence
    evidence.unknownRoutes = unplugOrder.unknownRoutes
    return RecordedReport(
      trace: reading.summary, recorded: figures.figures(reading.symbols),
      placement: placement, freedBeforeClear: unplugOrder.freedBeforeClear,
      queuedBeforeClear: unplugOrder.queuedBeforeClear,
      evidence: evidence,
      batchRules: rules, workerLatency: latency.latency, flow: figures.flow)
  }
}
