// SPDX-License-Identifier: Apache-2.0

/// What was read from a recording, line by line.
///
/// Blank lines, comments and headings aside, every line is counted once: as
/// an event, as ignored, or as malformed.
public struct TraceSummary: Codable, Equatable, Sendable {
  /// The file as it was named; `-` for standard input.
  public var path: String

  /// Its format, recognised by content.
  public var format: TraceFormat

  /// Lines that were read as events of ``TraceEvent/Payload``.
  public var events: Int

  /// Lines that are events of no use here, by name or by the work they queue.
  public var ignored: Int

  /// Lines that should be events and cannot be read as one.
  public var malformed: Int

  /// The number, from 1, of the first malformed line.
  public var firstMalformedLine: Int?

  /// What that line lacks, if it is a field: the event's name and the field's.
  public var firstMissingField: String?

  /// What the times are.
  public var clock: TraceClock

  /// Events with an earlier time stamp than the event line before.
  ///
  /// They were put in their place, within ``TraceReader/reorderWindow`` events.
  public var outOfOrder: Int

  /// Of ``outOfOrder``, those too late for that: time steps back before them.
  public var late: Int

  /// Events that the recording itself says it has lost.
  ///
  /// If it is not 0, the other figures are those of a recording with holes.
  public var lost: Int
}
