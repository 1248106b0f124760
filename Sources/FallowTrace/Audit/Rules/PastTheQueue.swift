// SPDX-License-Identifier: Apache-2.0

extension AuditRule {
  /// A table that an entry has linked goes back through the list.
  ///
  /// A table that was allocated for a race and never linked may go back at
  /// once.
  static let pastTheQueue = AuditRule(
    name: .pastTheQueue,
    violation: "a table was given back at once, past the queue",
    needs: .atOnce
  ) { history in
    var judgement = Judgement(doubt: history.doubtOfAbsence)
    for life in history.lives where life.route == .atOnce {
      judgement.violations.append((life.freed, life))
    }
    if judgement.doubt == nil, history.ambiguous > 0 {
      judgement.doubt =
        "\(history.ambiguous) pages of unplugged memory went back at once, "
        + "and the recording does not say whether they were tables; \(advice)"
    } else if judgement.doubt == nil, history.reading?.heading == nil {
      judgement.doubt =
        "the recording does not say which calls of the page allocator were "
        + "probed; \(advice)"
    }
    return judgement
  }
}
