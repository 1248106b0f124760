// SPDX-License-Identifier: Apache-2.0

extension AuditRule {
  /// A run of the worker begins only when the one before has ended.
  static let overlappingRuns = AuditRule(
    name: .overlappingRuns,
    violation: "a worker run began before another had ended",
    needs: [.runStart, .runEnd]
  ) { history in
    if let doubt = history.doubtOfOrder { return Judgement(doubt: doubt) }
    var judgement = Judgement()
    var endless: Set<Int> = []
    for (moment, other) in history.begunBeside {
      if history.runs[other].last > moment {
        judgement.violations.append((moment, nil))
      } else {
        endless.insert(other)
      }
    }
    if !endless.isEmpty {
      judgement.doubt =
        "the end of \(endless.count) worker runs is not in the recording"
    } else if history.runs.isEmpty {
      judgement.doubt = "no worker run was recorded"
    }
    return judgement
  }
}
