/// A way to give page-table pages back.
///
/// The library has one of its own, ``Reclaimer``. Others exist to be compared
/// with it: the same address spaces run over any.
public protocol ReclamationScheme: BitwiseCopyable, Sendable {
  /// The machine it runs on.
  associatedtype P: Platform

  /// The machine it runs on.
  var platform: P { get }

  /// Takes kernel tables that the router has dealt with, to release them when
  /// no walker can reach them. Many tables, many calls, one function.
  ///
  /// The mail: "I wouldn't have three of these, I'd have _one_."
  func enqueue(_ tables: consuming Batch<P>) throws(P.Interruption)

  /// The worker's body: runs after `Platform.scheduleWorker()`, where it may
  /// sleep.
  func reclaim() throws(P.Interruption)

  /// Takes a table that was made for nothing.
  func abandon<Half>(
    _ table: consuming ConstructedTable<P, Half>
  ) throws(P.Interruption)
}
