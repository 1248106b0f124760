/// Feeds every event to everything that a report consists of.
struct ReportCounter: TraceSink {
  private var figures = FiguresCounter()
  private var placer = Placer()
  private var placement = PlacementCounts()
  private var beforeClear = FreedBeforeClearCounter()
  private var collector = RunCollector()
  private var rules = BatchRules()
  private var latency = WorkerLatencyCounter()

  mutating func receive(_ event: TraceEvent) {
    _ = take(event)
  }

  /// Takes an event and returns what it makes known: the place of the table
  /// that it frees, and the run that it ends.
  @inline(__always)
  mutating func take(_ event: TraceEvent) -> (place: Place?, run: WorkerRun?) {
    figures.receive(event)
    let place = placer.place(event)
    beforeClear.receive(event, place: place)
    if let place, case .tableFree = event.payload { placement.count(place) }
    let run = collector.receive(event)
    if let run {
      rules.add(run)
      latency.add(run)
    }
    return (place, run)
  }

  /// The runs that have not ended.
  var unfinishedRuns: [WorkerRun] { collector.unfinished }

  /// The report of everything received.
  func report(_ reading: TraceReading) -> RecordedReport {
    RecordedReport(
      trace: reading.summary, recorded: figures.figures(reading.symbols),
      placement: placement, freedBeforeClear: beforeClear.counts,
      batchRules: rules, workerLatency: latency.latency)
  }
}
