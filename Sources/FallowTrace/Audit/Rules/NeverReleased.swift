// SPDX-License-Identifier: Apache-2.0

extension AuditRule {
  /// Every table that was queued is released.
  static let neverReleased = AuditRule(
    name: .neverReleased,
    violation: "a table was queued and never released",
    needs: [.free, .release]
  ) { history in
    if let doubt = history.doubtOfOrder { return Judgement(doubt: doubt) }
    if !history.lives.contains(where: { $0.route != .atOnce }) {
      return Judgement(doubt: nothingToJudge)
    }
    var judgement = Judgement()
    var pending = 0
    for index in history.open {
      let life = history.lives[index]
      if life.leftBy != nil || history.source.isListEmpty == true {
        judgement.violations.append((life.freed, life))
      } else {
        pending += 1
      }
    }
    if pending > 0 {
      judgement.doubt =
        "\(pending) tables were still on their way when the recording ended; "
        + "record until the worker has run"
    } else if !history.source.isEnded {
      judgement.doubt = "the recording was cut off"
    }
    return judgement
  }
}
