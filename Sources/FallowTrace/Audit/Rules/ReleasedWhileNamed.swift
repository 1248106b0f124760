// SPDX-License-Identifier: Apache-2.0

extension AuditRule {
  /// No entry names a table when its frame goes back to the page allocator.
  static let releasedWhileNamed = AuditRule(
    name: .releasedWhileNamed,
    violation: "a table was released while an entry still named it",
    needs: [.free, .release]
  ) { history in
    judgeNaming(
      history.lives.compactMap { life in
        guard life.route != .neverLinked, let moment = life.released else {
          return nil
        }
        return Checkpoint(
          life: life, moment: moment,
          isSeenByWalk: life.isNamedByWalkWhenReleased)
      }, history)
  }
}
