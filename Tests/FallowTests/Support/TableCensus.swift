@testable import Fallow

extension HostedMachine {
  /// The accounts as they should be: every descriptor looked at, ended tables
  /// added up as they were seen to end.
  func census() -> [TableState: UInt64] {
    var census: [TableState: UInt64] = [:]
    for index in 0..<UInt64(frameCount) {
      let word = kernel.typeWord(of: FrameNumber(Self.firstFrame + index))
      if word.kind == .table { census[word.state, default: 0] += 1 }
    }
    return census
  }

  /// Nil if the accounts equal a scan of all descriptors; else what differs.
  ///
  /// A released table's frame is free or has a new owner, so `released` is
  /// what the rest leaves of the total.
  func accountsMismatch() -> String? {
    let accounts = TableAccounts(of: kernel)
    let census = census()
    let expected = [
      (TableState.constructed, accounts.constructed),
      (.linked, accounts.linked), (.unlinked, accounts.unlinked),
      (.quarantined, accounts.quarantined), (.parked, accounts.parked),
      (.retained, accounts.retained),
    ]
    for (state, count) in expected where census[state, default: 0] != count {
      return "\(state): \(count) by the accounts, "
        + "\(census[state, default: 0]) by the descriptors"
    }
    return nil
  }
}
