// SPDX-License-Identifier: Apache-2.0

/// The names of the rules, each after what breaks it, as ``AuditReport`` gives
/// them.
public enum AuditRuleName: String, Codable, CaseIterable, Sendable {
  /// A table was queued while an entry still pointed to it.
  case queuedBeforeCleared
  /// An entry still pointed to a table when its invalidation began.
  case namedAtInvalidation
  /// A table was released while an entry still pointed to it.
  case releasedWhileNamed
  /// A table was released without an invalidation between its queueing and its
  /// release.
  case releasedWithoutInvalidation
  /// A table was released at once, without the queue.
  case pastTheQueue
  /// A table was queued without its destructor.
  case destructorNotRun
  /// A table was freed or released twice, or with a reference count other than
  /// 1.
  case doubleRelease
  /// A table was queued and never released.
  case neverReleased
  /// A worker run began before another had ended.
  case overlappingRuns
}

/// A rule of the deferred free, and how a recording is held against it.
struct AuditRule: Sendable {
  /// The rule's name.
  var name: AuditRuleName
  /// What breaks the rule, for a reader.
  var violation: String
  /// The kinds of event without which nothing can be said.
  var needs: EventKinds
  /// Judges a recording that has these kinds, and tables.
  var judge: @Sendable (AuditHistory) -> Judgement

  /// What a rule says of a recording.
  struct Judgement {
    /// The moments that break the rule, with the table if there is one.
    var violations: [(moment: AuditMoment, life: TableLife?)] = []
    /// Why the rule cannot be called held; nil if it can.
    var doubt: String?
  }

  /// Every rule, in the order of a report.
  static let all: [AuditRule] = [
    .queuedBeforeCleared, .namedAtInvalidation, .releasedWhileNamed,
    .releasedWithoutInvalidation, .pastTheQueue, .destructorNotRun,
    .doubleRelease, .neverReleased, .overlappingRuns,
  ]

  /// Judges `history`, as far as its events allow.
  func finding(_ history: AuditHistory) -> AuditFinding {
    let missing = needs.subtracting(history.kinds)
    guard missing.isEmpty else {
      let events = missing.eventNames.joined(separator: " and ")
      return AuditFinding(
        name, .notJudged,
        reason: "the recording has no \(events) events; "
          + Self.advice)
    }
    let judgement = judge(history)
    if let first = judgement.violations.first {
      return AuditFinding(
        name, .violated, count: judgement.violations.count,
        reason: violation,
        first: AuditFinding.First(first.moment, first.life, history))
    }
    if let doubt = judgement.doubt {
      return AuditFinding(name, .notJudged, reason: doubt)
    }
    if history.lives.isEmpty {
      return AuditFinding(
        name, .notJudged, reason: "no table was freed while recording")
    }
    return AuditFinding(name, .held)
  }

  /// A rule that nothing could have broken is not judged.
  static let nothingToJudge = "no such table was recorded"

  /// How to record what a rule needs.
  static let advice = "record with `fallow record`"
}

extension AuditHistory {
  /// Why what is absent from the recording proves nothing; nil if it is
  /// complete.
  var doubtOfAbsence: String? {
    source.damage.map { "\($0): absence proves nothing" }
  }

  /// Why the order of events proves nothing; nil if it does.
  var doubtOfOrder: String? {
    source.damage.map { "\($0): the order of events proves nothing" }
  }
}
