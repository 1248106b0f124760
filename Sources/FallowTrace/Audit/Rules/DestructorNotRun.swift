// SPDX-License-Identifier: Apache-2.0

extension AuditRule {
  /// A table's destructor has run before the table is queued.
  ///
  /// Else it stays counted as a page table: `NR_PAGETABLE` grows for ever.
  static let destructorNotRun = AuditRule(
    name: .destructorNotRun,
    violation: "a table was queued without its destructor",
    needs: .free
  ) { history in
    var judgement = Judgement(doubt: history.doubtOfAbsence)
    var unknown = 0
    let queued = history.queued
    if queued.isEmpty { return Judgement(doubt: nothingToJudge) }
    for life in queued {
      switch life.isConstructed {
      case true?: judgement.violations.append((life.freed, life))
      case false?: break
      case nil: unknown += 1
      }
    }
    if judgement.doubt == nil, unknown > 0 {
      judgement.doubt =
        "the recording does not hold the descriptor's type for \(unknown) "
        + "tables; \(advice)"
    }
    return judgement
  }
}
