// SPDX-License-Identifier: Apache-2.0

/// A whole recording: its events, and what they say.
///
///     let recording = try Recording(path: "trace.txt")
///     for (index, event) in recording.events.enumerated() {
///       if case .tableFree = event.payload {
///         print(recording.place(ofFreeAt: index))
///       }
///     }
///
/// Memory does not grow with the number of events, but for some eight bytes for
/// each table; ``RecordedReport`` computes the figures without keeping events.
public struct Recording: Sendable {
  /// The events in order of time, those of one time in order of the file.
  ///
  /// Time steps back only where ``TraceSummary/late`` counts it.
  public let events: RecordedEvents

  /// What was read, the figures, the counts of places, and the rest.
  public let report: RecordedReport

  /// The names behind the events' symbols.
  public let symbols: SymbolTable

  /// What the tasks were called.
  public let tasks: TaskNames

  /// What each run released that took the list or asked the IOMMUs, in the
  /// order of their start.
  let batches: [BatchFingerprint]

  private let unplugged: [Int: UnpluggedTable]

  /// Reads a recording; `-` is standard input.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - onProgress: Receives the bytes read so far and the file's size.
  /// - Throws: ``TraceError`` if there is nothing to read.
  /// - Complexity: O(the recording's length) in time.
  public init(
    path: String, onProgress: ((TraceProgress) -> Void)? = nil
  ) throws(TraceError) {
    try self.init(TraceReader(path: path, onProgress: onProgress))
  }

  /// Takes what `reader` reads.
  ///
  /// - Parameter reader: The reader of the file.
  /// - Throws: ``TraceError`` if there is nothing to read.
  public init(_ reader: TraceReader) throws(TraceError) {
    var collector = RecordingCollector()
    let reading = try reader.read(into: &collector)
    collector.finish()
    unplugged = collector.unplugged
    batches = collector.batches
    report = collector.counter.report(reading)
    symbols = reading.symbols
    tasks = reading.tasks
    events = RecordedEvents(try collector.events.store())
  }

  /// The worker's runs in the order of their start.
  ///
  /// - Complexity: O(events)
  public var runs: [WorkerRun] {
    var collector = RunCollector()
    let runs = events.compactMap { collector.receive($0) }
    return (runs + collector.unfinished).sorted {
      ($0.start, $0.task) < ($1.start, $1.task)
    }
  }

  /// What was read, line by line.
  public var summary: TraceSummary { report.trace }

  /// What the recording says about the deferred free.
  public var figures: RecordedFigures { report.recorded }

  /// How many of the freed tables have a place.
  public var placement: PlacementCounts { report.placement }

  /// Where the table was linked that the event at `index` frees.
  ///
  /// ``Place/unknown`` too for an event that is neither a `tableFree` nor a
  /// `hotFree`.
  ///
  /// - Parameter index: The index of a `kpt_free` event.
  /// - Returns: Where the table was linked; nil if it is not known.
  /// - Complexity: O(1)
  public func place(ofFreeAt index: Int) -> Place {
    unplugged[index]?.place ?? events.place(at: index) ?? .unknown
  }

  /// The table of unplugged memory that the event at `index` is about: its
  /// `hot_free` or its `kpt_free`.
  ///
  /// - Complexity: O(1)
  func unpluggedTable(at index: Int) -> UnpluggedTable? {
    unplugged[index]
  }

  /// The name of the function that `site` lies in.
  ///
  /// - Parameter site: A call site of this recording.
  public func name(of site: CallSite) -> String {
    symbols.name(of: site.symbol)
  }
}

/// Keeps all events, and computes the rest while they come.
private struct RecordingCollector: TraceSink {
  private struct Batch {
    var start: UInt64
    var task: Int
    var released: BatchFingerprint
  }

  var events = EventSpool()
  var unplugged: [Int: UnpluggedTable] = [:]
  private var runs: [Batch] = []
  var counter = ReportCounter()

  mutating func receive(_ event: TraceEvent) {
    let news = counter.take(event)
    if let run = news.run { add(run) }
    keep(news.unplugged)
    events.append(event, at: news.place)
  }

  mutating func finish() {
    keep(counter.finish().unplugged)
    for run in counter.unfinishedRuns { add(run) }
  }

  private mutating func keep(_ tables: [UnpluggedTable]) {
    for table in tables {
      for index in [table.hotFree, table.tableFree] {
        if let index { unplugged[index] = table }
      }
    }
  }

  private mutating func add(_ run: WorkerRun) {
    guard run.spliced != nil || run.invalidated != nil else { return }
    runs.append(
      Batch(
        start: run.start, task: run.task,
        released: BatchFingerprint(run.released)))
  }

  /// In the order of the runs' start.
  var batches: [BatchFingerprint] {
    runs.sorted { ($0.start, $0.task) < ($1.start, $1.task) }.map(\.released)
  }
}
