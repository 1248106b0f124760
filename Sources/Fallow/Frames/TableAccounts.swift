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
  /// Exact while no operation is running.
  ///
  /// - Complexity: O(CPUs)
  @inlinable
  public init<P: Platform>(of platform: P) throws(P.Interruption) {
    constructed = try platform.counted(at: .account(.constructed))
    linked = try platform.counted(at: .account(.linked))
    unlinked = try platform.counted(at: .account(.unlinked))
    quarantined = try platform.counted(at: .account(.quarantined))
    parked = try platform.counted(at: .account(.parked))
    released = try platform.counted(at: .account(.released))
    retained = try platform.counted(at: .account(.retained))
  }
}

extension KernelWord {
  /// How many tables are in `state`.
  @inlinable
  static func account(_ state: TableState) -> Self {
    account(Int(state.rawValue))
  }
}
