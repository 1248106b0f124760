// SPDX-License-Identifier: Apache-2.0

/// What a reader knows when all events have been handed out.
public struct TraceReading: Sendable {
  /// What was read, line by line.
  public var summary: TraceSummary

  /// The names behind the events' symbols.
  public var symbols: SymbolTable

  /// What the tasks were called.
  public var tasks: TaskNames

  /// What the headings of `fallow record` say; nil in other formats.
  public var heading: RecordHeading?

  /// The callers' stacks behind the events' observations.
  public var stacks: StackTable
}

/// How far a reader has come.
public struct TraceProgress: Sendable {
  /// Bytes read so far.
  public var bytesRead: Int

  /// The file's size in bytes; nil where it has none, as a pipe.
  public var totalBytes: Int?
}
