// SPDX-License-Identifier: Apache-2.0

/// How many tables are in each state.
///
/// Every table that was ever constructed is in exactly one state, so the
/// numbers always sum up to ``total``; `released` and `retained` count what
/// has come to its end.
@frozen
public struct TableAccounts: Equatable, BitwiseCopyable, Sendable {
  /// How many are made and were never linked.
  public var constructed: UInt64
  /// How many an entry points to.
  public var linked: UInt64
  /// How many were unlinked and are not retired yet.
  public var unlinked: UInt64
  /// How many are retired and neither parked nor released.
  public var quarantined: UInt64
  /// How many wait for a walker that did not answer.
  public var parked: UInt64
  /// How many were given back.
  public var released: UInt64
  /// How many came to their end in memory that nobody may reuse.
  public var retained: UInt64

  /// How many tables were ever constructed.
  @inlinable
  public var total: UInt64 {
    constructed &+ linked &+ unlinked &+ quarantined &+ parked &+ released
      &+ retained
  }

  /// Reads the accounts of `platform`.
  ///
  /// Exact while no operation is running, and no number is ever below zero.
  ///
  /// - Parameter platform: The platform that keeps the counts.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Complexity: O(CPUs)
  @inlinable
  public init<P: Platform>(of platform: P) throws(P.Interruption) {
    retained = try platform.counted(at: .account(.retained))
    released = try platform.counted(at: .account(.released))
    parked = try platform.counted(at: .account(.parked))
    quarantined = try platform.quarantined()
    let everRetired = try platform.counted(at: .account(.quarantined))
    let everUnlinked = try platform.counted(at: .account(.unlinked))
    let everLinked = try platform.counted(at: .account(.linked))
    let made = try platform.counted(at: .account(.constructed))
    unlinked = everUnlinked.saturatingSubtracting(everRetired)
    linked = everLinked.saturatingSubtracting(everUnlinked)
    constructed = made.saturatingSubtracting(everLinked)
  }
}

extension KernelWord {
  /// How many tables have come to `state` or went past it; for one that some
  /// tables pass by, parked or an end, how many are in it.
  ///
  /// So a table that moves on is counted once, where it arrives.
  @inlinable
  static func account(_ state: TableState) -> Self {
    account(Int(state.rawValue))
  }
}

extension Platform {
  /// How many tables are retired and neither parked nor at their end.
  ///
  /// Exact while no operation is running, and never below zero. Where they went
  /// is read first, so that a table that moves on meanwhile is rather counted
  /// once more than not at all.
  @inlinable
  #if Small
    @inline(never)
  #endif
  func quarantined() throws(Interruption) -> UInt64 {
    let retained = try counted(at: .account(.retained))
    let released = try counted(at: .account(.released))
    let parked = try counted(at: .account(.parked))
    return try counted(at: .account(.quarantined)).saturatingSubtracting(
      parked &+ released &+ retained)
  }

  /// Counts `tables` that move from one state to another.
  @inlinable
  @inline(__always)
  func account(
    _ tables: Int64, from old: TableState, to new: TableState
  ) throws(Interruption) {
    switch new {
    case .constructed: try count(-tables, at: .account(.linked))
    case .quarantined where old == .parked:
      try count(-tables, at: .account(.parked))
    case .linked, .unlinked, .quarantined:
      if old == .constructed, new == .unlinked {
        try count(tables, at: .account(.linked))
      }
      try count(tables, at: .account(new))
    case .parked: try count(tables, at: .account(.parked))
    case .released, .retained:
      // Those that were never retired have passed what they skipped.
      if old == .constructed { try count(tables, at: .account(.linked)) }
      if old == .constructed || old == .linked {
        try count(tables, at: .account(.unlinked))
        try count(tables, at: .account(.quarantined))
      }
      try count(tables, at: .account(new))
    }
  }
}

extension UInt64 {
  /// The difference, or zero where it would be below.
  @inlinable
  func saturatingSubtracting(_ other: UInt64) -> UInt64 {
    self > other ? self &- other : 0
  }
}
