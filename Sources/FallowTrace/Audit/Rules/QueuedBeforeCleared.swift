// SPDX-License-Identifier: Apache-2.0

extension AuditRule {
  /// A table is queued only after the entry that links it was cleared.
  ///
  /// Else the worker may invalidate and release while walkers still find the
  /// table through its entry.
  static let queuedBeforeCleared = AuditRule(
    name: .queuedBeforeCleared,
    violation: "a table was queued while an entry still named it",
    needs: .free
  ) { history in
    judgeNaming(
      history.queued.map {
        Checkpoint(
          life: $0, moment: $0.freed, isSeenByWalk: $0.isNamedByWalkWhenFreed)
      }, history)
  }
}
