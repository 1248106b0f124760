// SPDX-License-Identifier: Apache-2.0

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
  ///
  /// - Parameter tables: Tables whose destructor has run.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func enqueue(_ tables: consuming Batch<P, KernelHalf>) throws(P.Interruption)

  /// The worker's body: runs after `Platform.scheduleWorker(after:)`, where it
  /// may sleep.
  ///
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func reclaim() throws(P.Interruption)

  /// Takes a table that was made for nothing.
  ///
  /// - Parameter table: The table, which was never linked.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func abandon<Half>(
    _ table: consuming ConstructedTable<P, Half>
  ) throws(P.Interruption)

  /// Whether the scheme makes the CPUs flush before it releases a table of an
  /// operation that left every address as it was, and that owes the flush.
  ///
  /// Elsewhere the operation flushes before it returns.
  var flushesLate: Bool { get }

  /// Called by a CPU that is about to take frames for tables, or sleeps anyway,
  /// and holds no lock: it keeps what waits for its release from growing
  /// without bound.
  ///
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func makeRoom() throws(P.Interruption)

  /// Whether ``makeRoom()`` would have something to do.
  ///
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func isFull() throws(P.Interruption) -> Bool

  /// The IOMMUs that tables wait for which did not answer.
  ///
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func unanswered() throws(P.Interruption) -> IOMMUSet
}

/// A scheme without a bound, that parks nothing, and whose tables every CPU has
/// forgotten.
extension ReclamationScheme {
  /// False: every operation flushes for itself.
  @inlinable
  public var flushesLate: Bool { false }

  /// Nothing: there is no bound.
  @inlinable
  public func makeRoom() {}

  /// False: there is no bound.
  @inlinable
  public func isFull() -> Bool { false }

  /// None: nothing is parked.
  @inlinable
  public func unanswered() -> IOMMUSet { .none }
}
