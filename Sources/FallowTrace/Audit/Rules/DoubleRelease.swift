// SPDX-License-Identifier: Apache-2.0

extension AuditRule {
  /// A table is released once for each time that it was freed.
  static let doubleRelease = AuditRule(
    name: .doubleRelease,
    violation: "a table was freed or released twice, or with a reference "
      + "count other than 1",
    needs: [.free, .release]
  ) { history in
    var judgement = Judgement(doubt: history.doubtOfOrder)
    for life in history.lives {
      guard let references = life.references, references != 1,
        let moment = life.released
      else { continue }
      judgement.violations.append((moment, life))
    }
    if judgement.doubt != nil { return judgement }
    for (moment, life) in history.repeated {
      judgement.violations.append((moment, history.lives[life]))
    }
    judgement.violations.sort { $0.moment < $1.moment }
    if !history.unseen.isEmpty {
      judgement.doubt =
        "\(history.unseen.count) tables were released whose free is not in "
        + "the recording; \(advice)"
    }
    return judgement
  }
}
