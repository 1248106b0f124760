// SPDX-License-Identifier: Apache-2.0

/// What the headings of a recording by `fallow record` say.
///
/// A heading is a line that begins with `#`; the format is described in
/// <doc:RecordFormat>.
public struct RecordHeading: Equatable, Sendable {
  /// The version of the format that this reader understands.
  public static let version = 1

  /// The version of the format that the recording is in.
  public var version: Int
  /// The kernel's release and version, as `uname` gives them.
  public var kernel = ""
  /// The names of the events that a probe was set for.
  public var probes: Set<String> = []
  /// The names of events for which a probe was refused.
  public var refused: Set<String> = []
  /// Whether the list of queued tables was empty at the end; nil if the
  /// recorder could not look.
  public var isListEmpty: Bool?
  /// Whether the recorder ended the recording itself.
  public var isEnded = false

  private var events: UInt64 = 0
  private var highest: UInt64?

  /// Sequence numbers that no event has.
  public var gaps: Int {
    guard let highest, highest >= events else { return 0 }
    return Int(clamping: highest - events + 1)
  }

  /// Makes the heading of a file by its first line; nil for another format.
  init?(firstLine line: LineBytes) {
    guard let version = Self.text(after: "# fallow record ", in: line),
      let number = Int(version)
    else { return nil }
    self.version = number
  }

  /// Takes note of an event's sequence number.
  mutating func note(sequence: UInt64) {
    events += 1
    highest = max(highest ?? 0, sequence)
  }

  /// Reads another heading.
  ///
  /// - Returns: How many events it says are lost.
  mutating func read(_ line: LineBytes) -> Int {
    if let text = Self.text(after: "# kernel ", in: line) {
      kernel = text
    } else if let text = Self.text(after: "# probe ", in: line) {
      probes.insert(Self.word(text))
    } else if let text = Self.text(after: "# refused ", in: line) {
      refused.insert(Self.word(text))
    } else if let text = Self.text(after: "# list ", in: line) {
      isListEmpty = text == "empty"
    } else if let text = Self.text(after: "# lost ", in: line) {
      return max(0, Int(text) ?? 0)
    } else if line.has("# end", at: 0), line.count == 5 {
      isEnded = true
    }
    return 0
  }

  private static func text(
    after start: StaticString, in line: LineBytes
  ) -> String? {
    guard line.has(start, at: 0) else { return nil }
    let bytes = (start.utf8CodeUnitCount..<line.count).map { line[$0] }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func word(_ text: String) -> String {
    String(text.prefix { $0 != " " })
  }
}
