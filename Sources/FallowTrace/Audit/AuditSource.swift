// SPDX-License-Identifier: Apache-2.0

/// The recording that an audit judges, and how much of it is missing.
public struct AuditSource: Codable, Equatable, Sendable {
  /// The recording's format.
  public var format = ""
  /// The kernel that was recorded; nil where the recording does not say.
  public var kernel: String?
  /// The events that were read.
  public var events = 0
  /// Events that the recording itself says are lost.
  public var lost = 0
  /// Numbers missing from the sequence; 0 in formats without a sequence.
  public var gaps = 0

  /// Lines that should be events and cannot be read.
  var malformed = 0
  /// Times at which the recording steps back in time.
  var late = 0
  /// Whether the recording was ended by the recorder, not cut off.
  var isEnded = true
  /// Whether the list was empty at the end; nil if the recording is silent.
  var isListEmpty: Bool?

  private enum CodingKeys: String, CodingKey {
    case format, kernel, events, lost, gaps
  }

  init() {}

  init(_ reading: TraceReading) {
    let summary = reading.summary
    format = summary.format.rawValue
    kernel = reading.heading.map(\.kernel)
    events = summary.events
    lost = summary.lost
    gaps = reading.heading?.gaps ?? 0
    malformed = summary.malformed
    late = summary.late
    isEnded = reading.heading?.isEnded ?? true
    isListEmpty = reading.heading?.isListEmpty
  }

  /// Writes `kernel` even where it is unknown, as null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(format, forKey: .format)
    try container.encode(kernel, forKey: .kernel)
    try container.encode(events, forKey: .events)
    try container.encode(lost, forKey: .lost)
    try container.encode(gaps, forKey: .gaps)
  }

  /// What is missing, for a reader; nil if nothing is known to be missing.
  var damage: String? {
    var parts: [String] = []
    if lost > 0 { parts.append("\(Words.plural(lost, "event")) lost") }
    if gaps > 0 {
      parts.append("\(Words.plural(gaps, "number")) missing in the sequence")
    }
    if malformed > 0 {
      parts.append("\(Words.plural(malformed, "line")) not readable")
    }
    if late > 0 {
      parts.append("time steps back \(Words.times(UInt64(late)))")
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}
