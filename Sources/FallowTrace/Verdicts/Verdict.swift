// SPDX-License-Identifier: Apache-2.0

/// What a recording, replayed under a scheme, says of that scheme.
public enum Verdict: String, Codable, Sendable, CaseIterable {
  /// Every table that the recording frees was freed only when no walker could
  /// use it any more.
  case clear
  /// A table was freed while a walker could still use it.
  case violated
  /// The recording does not support a verdict.
  case notJudged
}

/// A verdict, and what it rests on.
struct Judgement {
  /// The verdict.
  let verdict: Verdict
  /// What was violated, then why the rest is not judged; empty if all is clear.
  let reasons: [String]

  /// Judges by what was violated and by what makes the rest doubtful: a
  /// violation stands whatever else is missing.
  init(violations: [Violation], doubts: [Doubt]) {
    verdict =
      if !violations.isEmpty {
        .violated
      } else if !doubts.isEmpty {
        .notJudged
      } else {
        .clear
      }
    reasons =
      violations.map(\.description) + doubts.map(\.description)
  }
}

/// A way in which tables were freed while walkers could use them.
enum Violation: Equatable, CustomStringConvertible {
  /// Walkers read or wrote entries of freed tables.
  case staleWalks(UInt64)
  /// Tables were given back before their entry was cleared.
  case freedBeforeClear(Int)
  /// In the recording, the worker gave tables back before their entry was
  /// cleared.
  case recordedRelease(Int)
  /// Tables were given back although an IOMMU had not answered for them.
  case unanswered(Int)

  var description: String {
    switch self {
    case .staleWalks(let count):
      "walkers used freed tables \(Words.times(count))"
    case .freedBeforeClear(let count):
      "\(Words.tables(count)) of unplugged memory freed past the queue, before "
        + "the entry was cleared"
    case .recordedRelease(let count):
      "in the recording, the worker released \(Words.tables(count)) before the "
        + "entry was cleared"
    case .unanswered(let count):
      "\(Words.tables(count)) freed although an IOMMU had not answered"
    }
  }
}
