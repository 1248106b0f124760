// SPDX-License-Identifier: Apache-2.0

extension AuditRule {
  /// A run releases only after an invalidation that began once it had taken
  /// the list, and that has ended.
  static let releasedWithoutInvalidation = AuditRule(
    name: .releasedWithoutInvalidation,
    violation: "a table was released without an invalidation that began "
      + "after it was queued and taken, and ended before the release",
    needs: [.free, .runStart, .invalidation, .release]
  ) { history in
    if let doubt = history.doubtOfOrder { return Judgement(doubt: doubt) }
    var judgement = Judgement()
    for run in history.runs {
      for (moment, index) in run.releases {
        let life = index.map { history.lives[$0] }
        switch isCovered(life, at: moment, by: run, history.kinds) {
        case true?: break
        case false?: judgement.violations.append((moment, life))
        case nil: judgement.doubt = "a run began before the recording"
        }
      }
    }
    if !history.runs.contains(where: { !$0.releases.isEmpty }) {
      judgement.doubt = nothingToJudge
    } else if !history.kinds.contains(.taken) {
      judgement.doubt =
        "no event says when the worker took the list (kpt_splice); \(advice)"
    }
    return judgement
  }

  /// Whether the run's invalidation covers a release at `moment`; nil if the
  /// run's events are not all in the recording.
  private static func isCovered(
    _ life: TableLife?, at moment: AuditMoment, by run: AuditedRun,
    _ kinds: EventKinds
  ) -> Bool? {
    guard let began = run.invalidating, began < moment else {
      return run.started == nil && life == nil ? nil : false
    }
    if let taken = run.taken, taken > began { return false }
    if let life, life.freed > began { return false }
    if kinds.contains(.invalidationEnd) {
      guard let ended = run.invalidated, ended < moment, ended > began else {
        return false
      }
    }
    return true
  }
}
