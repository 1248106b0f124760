// SPDX-License-Identifier: Apache-2.0

extension AuditRule {
  /// No entry names a table when the invalidation begins that precedes its
  /// release.
  ///
  /// Else an IOMMU may cache the entry again behind the invalidation.
  static let namedAtInvalidation = AuditRule(
    name: .namedAtInvalidation,
    violation: "an entry still named a table when its invalidation began",
    needs: [.free, .invalidation, .release]
  ) { history in
    judgeNaming(
      history.queued.compactMap { life in
        guard let run = life.run,
          let moment = history.runs[run].invalidating
        else { return nil }
        // Named at the release, it was named before as well.
        return Checkpoint(
          life: life, moment: moment,
          isSeenByWalk: life.isNamedByWalkWhenReleased)
      }, history)
  }
}
