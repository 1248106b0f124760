// SPDX-License-Identifier: Apache-2.0

/// What a rule says of a recording.
public struct AuditFinding: Codable, Equatable, Sendable {
  /// Whether the rule was kept.
  public enum Verdict: String, Codable, Sendable {
    /// The recording shows that the rule was kept.
    case held
    /// The recording shows that the rule was broken.
    case violated
    /// The recording cannot show either.
    case notJudged
  }

  /// The rule.
  public var name: AuditRuleName
  /// Whether it was kept.
  public var verdict: Verdict
  /// How often it was broken.
  public var count: Int
  /// What broke it, or why it is not judged and what to record; nil if held.
  public var reason: String?
  /// The first event that broke it; nil if none did.
  public var first: First?

  /// The event at which a rule was first seen broken.
  public struct First: Codable, Equatable, Sendable {
    /// Nanoseconds of the recording's clock.
    public var timeNanoseconds: UInt64
    /// The CPU on which it happened.
    public var cpu: Int
    /// The process id of the task that was running.
    public var task: Int
    /// The address of the table's descriptor, in hexadecimal; nil if the rule
    /// is not about a table.
    public var descriptor: String?
    /// The function that freed the table; nil likewise.
    public var site: String?

    init(_ moment: AuditMoment, _ life: TableLife?, _ history: AuditHistory) {
      timeNanoseconds = moment.time
      cpu = moment.cpu
      task = moment.task
      descriptor = life.map { "0x" + String($0.descriptor, radix: 16) }
      site = life.map { history.site(of: $0) }
    }
  }

  init(
    _ name: AuditRuleName, _ verdict: Verdict, count: Int = 0,
    reason: String? = nil, first: First? = nil
  ) {
    self.name = name
    self.verdict = verdict
    self.count = count
    self.reason = reason
    self.first = first
  }

  /// Writes the keys of what is not there too, as null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(verdict, forKey: .verdict)
    try container.encode(count, forKey: .count)
    try container.encode(reason, forKey: .reason)
    try container.encode(first, forKey: .first)
  }
}
