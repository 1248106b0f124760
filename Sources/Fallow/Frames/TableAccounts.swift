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

  /// Reads the accounts of `platform`: for each state, what came into it less
  /// what left it.
  ///
  /// Exact while no operation is running.
  ///
  /// - Complexity: O(CPUs)
  @inlinable
  public init<P: Platform>(of platform: P) throws(P.Interruption) {
    constructed = try platform.tables(in: .constructed)
    linked = try platform.tables(in: .linked)
    unlinked = try platform.tables(in: .unlinked)
    quarantined = try platform.tables(in: .quarantined)
    parked = try platform.tables(in: .parked)
    released = try platform.tables(in: .released)
    retained = try platform.tables(in: .retained)
  }
}

extension Platform {
  /// How many tables are in `state`.
  @inlinable
  func tables(in state: TableState) throws(Interruption) -> UInt64 {
    let here = Int(state.rawValue)
    var tables = try counted(at: .moves(from: here, to: here))
    for other in 0..<8 where other != here {
      tables &+= try counted(at: .moves(from: other, to: here))
      tables &-= try counted(at: .moves(from: here, to: other))
    }
    return tables
  }
}

extension KernelWord {
  /// How many tables went from `old` to `new`; from a state to itself: how many
  /// were constructed in it.
  @inlinable
  static func moves(from old: TableState, to new: TableState) -> Self {
    moves(from: Int(old.rawValue), to: Int(new.rawValue))
  }
}
