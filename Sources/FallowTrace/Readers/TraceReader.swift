// SPDX-License-Identifier: Apache-2.0

/// Reads a recording: recognises its format, parses it, puts it in order.
///
///     let reading = try TraceReader(path: "trace.txt").read { event in
///       print(event.time, event.payload)
///     }
///     print(reading.summary.events)
///
/// Memory does not depend on the length of the recording.
public struct TraceReader {
  /// Events that were written too late, by up to so many, are put in order.
  ///
  /// Events of one time stamp keep the order of the file.
  public static let reorderWindow = 1024

  /// The name of the recording: its path, or `-` for standard input.
  public let path: String

  /// Called now and then with how far reading has come.
  public var onProgress: ((TraceProgress) -> Void)?

  /// The content, where it is not in a file.
  private let bytes: [UInt8]?
  /// How many of these a single read gives.
  private let chunk: Int

  /// Makes a reader of a file, or of standard input if `path` is `-`.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - onProgress: Receives the bytes read so far and the file's size.
  public init(
    path: String, onProgress: ((TraceProgress) -> Void)? = nil
  ) {
    self.path = path
    self.onProgress = onProgress
    bytes = nil
    chunk = .max
  }

  /// Makes a reader of text that is in memory, to be named `path`.
  ///
  /// - Parameters:
  ///   - text: The bytes of the recording.
  ///   - path: The name that errors give it.
  public init(text: String, path: String = "text") {
    self.init(bytes: Array(text.utf8), path: path)
  }

  /// Makes a reader of bytes, read in pieces of up to `chunk`.
  init(bytes: [UInt8], path: String = "text", chunk: Int = .max) {
    self.path = path
    self.bytes = bytes
    self.chunk = chunk
  }

  /// Reads the whole recording and hands its events to `sink`, in order.
  ///
  /// - Parameter sink: Receives each event.
  /// - Returns: The counts, and the names behind the events' symbols.
  /// - Throws: ``TraceError`` if there is nothing to read; a damaged line is
  ///   counted, not thrown.
  /// - Complexity: O(the recording's length) in time, O(1) in memory.
  public func read(
    into sink: inout some TraceSink
  ) throws(TraceError) -> TraceReading {
    if let bytes {
      return try read(
        MemorySource(bytes, chunk: chunk), size: bytes.count, into: &sink)
    }
    let file = try FileSource(path: path)
    let size = file.size
    return try read(file, size: size, into: &sink)
  }

  /// Reads the whole recording and calls `function` with its events, in order.
  ///
  /// - Parameter function: Receives each event.
  /// - Returns: What was read, and what could not be.
  /// - Throws: As ``read(into:)``.
  public func read(
    _ function: @escaping (TraceEvent) -> Void
  ) throws(TraceError) -> TraceReading {
    var sink = FunctionSink(function: function)
    return try read(into: &sink)
  }

  private func read<Source: ByteSource & ~Copyable>(
    _ source: consuming Source, size: Int?, isUnpacked: Bool = false,
    into sink: inout some TraceSink
  ) throws(TraceError) -> TraceReading {
    var scanner = LineScanner(source)
    let head = try scanner.head(BinaryFormat.headLength)
    if head.count == 0 {
      guard isUnpacked else { throw .empty(path: path) }
      throw .cannotRead(
        path: path,
        reason: "no text can be made of it; is the file damaged or cut off?")
    }
    if let format = BinaryFormat(head: head) {
      if isUnpacked { throw .needsUnpacking(path: path, inside: format) }
      guard bytes == nil, path != "-",
        let text = try ToolSource.start(format, path: path)
      else { throw .needsConversion(path: path, from: format) }
      return try read(text, size: nil, isUnpacked: true, into: &sink)
    }
    var parser = EventParser()
    var window = ReorderWindow(length: Self.reorderWindow)
    var reported = 0
    while let line = try scanner.next() {
      let event = parser.event(
        in: line.bytes, isWhole: line.isWhole, number: scanner.lineNumber)
      if let event {
        if let seen = parser.observation(of: event, in: line.bytes) {
          window.add(seen, into: &sink)
        }
        window.add(event, into: &sink)
      }
      if let onProgress, scanner.bytesRead - reported >= 1 << 24 {
        reported = scanner.bytesRead
        onProgress(TraceProgress(bytesRead: reported, totalBytes: size))
      }
    }
    window.drain(into: &sink)
    if let version = parser.heading?.version, version > RecordHeading.version {
      throw .laterVersion(path: path, version: version)
    }
    if parser.events == 0, let (option, line) = parser.unreadable {
      throw .unreadable(path: path, line: line, option: option)
    }
    if parser.hasRelativeTimes {
      throw .unreadable(path: path, line: 1, option: .perfDeltaTime)
    }
    guard let format = parser.format, parser.events + parser.ignored > 0 else {
      throw .noEvents(path: path, firstBadLine: parser.firstMalformedLine)
    }
    let summary = TraceSummary(
      path: path, format: format, events: parser.events,
      ignored: parser.ignored, malformed: parser.malformed,
      firstMalformedLine: parser.firstMalformedLine,
      firstMissingField: parser.firstMissingField, clock: parser.clock,
      outOfOrder: parser.outOfOrder, late: window.late, lost: parser.lost)
    return TraceReading(
      summary: summary, symbols: parser.symbols, tasks: parser.tasks,
      heading: parser.heading, stacks: parser.stacks)
  }
}
