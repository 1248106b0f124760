// SPDX-License-Identifier: Apache-2.0

internal import FallowReport

/// What all shards of a work came to: as one process would have printed it, but
/// for the seconds.
struct JoinedResult {
  /// What one process would have printed with `--json`.
  let value: JSONValue
  /// The status with which it would have ended.
  let status: Int32
  /// What came of it, in a sentence.
  let summary: String

  /// Joins shards.
  ///
  /// - Parameters:
  ///   - shards: All of them.
  ///   - allowsUnjudged: Whether schemes that were not judged are well.
  /// - Throws: What does not belong together.
  init(_ shards: ShardSet, allowsUnjudged: Bool) throws(MergeError) {
    switch shards.heading.work {
    case .catalogue: try self.init(catalogue: shards)
    case .executions: try self.init(executions: shards)
    case .combinations:
      try self.init(combinations: shards, allowsUnjudged: allowsUnjudged)
    }
  }

  // MARK: The catalogue

  private init(catalogue shards: ShardSet) throws(MergeError) {
    let results = try shards.interleaved { $0.result.elements }
    let surprises = results.filter { $0["asExpected"] != .bool(true) }
    value = .array(results)
    status = surprises.isEmpty ? ExitStatus.success : ExitStatus.violation
    let names = surprises.compactMap { $0["scenario"].text }
    summary =
      Numbers.count(results.count, of: "scenario") + ": "
      + (surprises.isEmpty
        ? "every verdict is as expected"
        : "not as expected: " + names.joined(separator: ", "))
  }

  // MARK: Executions at random

  private init(executions shards: ShardSet) throws(MergeError) {
    try shards.requireSame("reductions")
    try shards.requireSame("obstacles")
    let results = shards.members.map(\.result)
    func first(_ result: JSONValue) -> Int {
      result["random"]["firstViolation"].int ?? .max
    }
    var joined = results[0]
    for result in results where first(result) < first(joined) {
      joined = result
    }
    func sum(_ value: (JSONValue) -> JSONValue) -> JSONValue {
      .integer(results.reduce(0) { $0 + (value($1).int ?? 0) })
    }
    for key in ["runs", "violations", "unfinished"] {
      joined["random"][key] = sum { $0["random"][key] }
    }
    joined["transitions"] = sum { $0["transitions"] }
    joined["coverage"] = Self.coverage(results.map { $0["coverage"] })
    joined["happened"] = .array(
      Set(results.flatMap { $0["happened"].elements.compactMap(\.text) })
        .sorted().map(JSONValue.string))
    for key in ["missing", "neverBegun"] {
      joined[key] = .array(
        results[0][key].elements.filter { name in
          results.allSatisfy { $0[key].elements.contains(name) }
        })
    }
    let seconds = results.reduce(0) { $0 + ($1["seconds"].double ?? 0) }
    joined["seconds"] = .number(seconds)
    joined["transitionsPerSecond"] = .number(
      seconds > 0 ? (joined["transitions"].double ?? 0) / seconds : 0)
    value = joined
    let violations = joined["random"]["violations"].int ?? 0
    status = violations > 0 ? ExitStatus.violation : ExitStatus.incomplete
    summary =
      Numbers.count(joined["random"]["runs"].int ?? 0, of: "execution")
      + " at random: "
      + (violations == 0
        ? "no violation found; that is no proof"
        : Numbers.count(violations, of: "violation") + ", the first is "
          + (joined["oracle"].text ?? "") + " in number "
          + "\(first(joined)): --replay \(joined["token"].text ?? "")")
  }

  private static func coverage(_ parts: [JSONValue]) -> JSONValue {
    var sum: [String: [String: Int]] = [:]
    for part in parts {
      for (actor, steps) in part.values {
        for (step, times) in steps.values {
          sum[actor, default: [:]][step, default: 0] += times.int ?? 0
        }
      }
    }
    return .object(
      sum.mapValues { .object($0.mapValues(JSONValue.integer)) })
  }

  // MARK: A sweep

  private init(
    combinations shards: ShardSet, allowsUnjudged: Bool
  ) throws(MergeError) {
    let own: Set = ["sweep", "placement", "firstStaleWalk"]
    let keys = Set(shards.members.flatMap(\.result.values.keys))
    for key in keys.subtracting(own).sorted() { try shards.requireSame(key) }
    let results = try shards.interleaved { $0.result["sweep"].elements }
    let (items, count) = (shards.heading.items, shards.heading.count)
    // What is said of one combination is said by the shard that had it.
    var joined = shards.members[max(0, items - 1) % count].result
    joined["sweep"] = .array(results)
    let first = shards.members.filter { $0.heading.firstStaleWalk != nil }
      .min { $0.heading.firstStaleWalk ?? 0 < $1.heading.firstStaleWalk ?? 0 }
    joined["firstStaleWalk"] = first?.result["firstStaleWalk"] ?? .null
    value = joined
    let schemes = results.map { $0["scheme"] }
    let violated = schemes.filter {
      $0["claimsSafety"] == .bool(true) && $0["verdict"] == .string("violated")
    }
    let unjudged = schemes.filter { $0["verdict"] == .string("notJudged") }
    status =
      !violated.isEmpty
      ? ExitStatus.violation
      : unjudged.isEmpty || allowsUnjudged
        ? ExitStatus.success : ExitStatus.incomplete
    summary =
      Numbers.count(results.count, of: "combination") + ": "
      + Numbers.count(violated.count)
      + " in which a scheme that claims safety was violated, "
      + Numbers.count(unjudged.count) + " not judged"
  }
}
