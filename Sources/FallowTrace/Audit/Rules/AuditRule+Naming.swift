// SPDX-License-Identifier: Apache-2.0

extension AuditRule {
  /// A table, and the moment at which no entry may name it.
  struct Checkpoint {
    var life: TableLife
    var moment: AuditMoment
    /// Whether one event alone shows that an entry named the table.
    var isSeenByWalk: Bool
  }

  /// Judges whether an entry named the tables at their checkpoints.
  static func judgeNaming(
    _ checkpoints: [Checkpoint], _ history: AuditHistory
  ) -> Judgement {
    var judgement = Judgement(doubt: history.doubtOfAbsence)
    var unknown = 0
    for checkpoint in checkpoints {
      switch checkpoint.life.naming(at: checkpoint.moment) {
      case .named:
        // With holes in the recording, what one event shows still stands.
        if history.source.damage == nil || checkpoint.isSeenByWalk {
          judgement.violations.append((checkpoint.moment, checkpoint.life))
        }
      case .cleared: break
      case .unknown: unknown += 1
      }
    }
    if checkpoints.isEmpty {
      judgement.doubt = judgement.doubt ?? nothingToJudge
    } else if unknown > 0 {
      judgement.doubt =
        judgement.doubt
        ?? "for \(unknown) of \(checkpoints.count) tables the recording does "
        + "not say whether an entry named them; \(advice)"
    }
    return judgement
  }
}
