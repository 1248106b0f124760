/// A whole recording in memory: its events, and what they say.
///
///     let recording = try Recording(path: "trace.txt")
///     for (index, event) in recording.events.enumerated() {
///       if case .tableFree = event.payload {
///         print(recording.place(ofFreeAt: index))
///       }
///     }
///
/// It takes some 80 bytes for each event; ``RecordedReport`` computes the
/// figures without keeping them.
public struct Recording: Sendable {
  /// The events in order of time, those of one time in order of the file.
  ///
  /// Time steps back only where ``TraceSummary/late`` counts it.
  public let events: [TraceEvent]

  /// The worker's runs in the order of their start.
  public let runs: [WorkerRun]

  /// What was read, the figures, the counts of places, and the rest.
  public let report: RecordedReport

  /// The names behind the events' symbols.
  public let symbols: SymbolTable

  /// What the tasks were called.
  public let tasks: TaskNames

  private let places: [Int: Place]
  private let unplugged: [Int: UnpluggedTable]

  /// Reads a recording; `-` is standard input.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - onProgress: Receives the bytes read so far and the file's size.
  /// - Throws: ``TraceError`` if there is nothing to read.
  /// - Complexity: O(the recording's length) in time and memory.
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
    events = collector.events
    places = collector.places
    unplugged = collector.unplugged
    runs = collector.sortedRuns
    report = collector.counter.report(reading)
    symbols = reading.symbols
    tasks = reading.tasks
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
    unplugged[index]?.place ?? places[index] ?? .unknown
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
  var events: [TraceEvent] = []
  var places: [Int: Place] = [:]
  var unplugged: [Int: UnpluggedTable] = [:]
  var runs: [WorkerRun] = []
  var counter = ReportCounter()

  mutating func receive(_ event: TraceEvent) {
    let news = counter.take(event)
    if let place = news.place { places[events.count] = place }
    if let run = news.run { runs.append(run) }
    keep(news.unplugged)
    events.append(event)
  }

  mutating func finish() {
    keep(counter.finish().unplugged)
  }

  private mutating func keep(_ tables: [UnpluggedTable]) {
    for table in tables {
      for index in [table.hotFree, table.tableFree] {
        if let index { unplugged[index] = table }
      }
    }
  }

  var sortedRuns: [WorkerRun] {
    (runs + counter.unfinishedRuns).sorted {
      ($0.start, $0.task) < ($1.start, $1.task)
    }
  }
}
