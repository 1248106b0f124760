// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// Linux before 6.19: a table goes back as soon as the CPUs have flushed.
///
/// No IOMMU is asked.
public struct Immediate<P: Platform>: ReclamationScheme {
  /// The machine it runs on.
  public let platform: P

  /// The scheme on `platform`.
  ///
  /// - Parameter platform: The machine that it runs on.
  @inlinable
  public init(on platform: P) {
    self.platform = platform
  }

  /// Gives the tables back at once.
  @inlinable
  public func enqueue(_ tables: consuming Batch<P, KernelHalf>) throws(P
    .Interruption)
  {
    let (head, _) = unsafe UnsafeDoor.take(tables)
    try unsafe UnsafeDoor.releasable(from: head, on: platform).release()
  }

  /// Gives user tables back at once.
  ///
  /// Linux never did: before it frees them, an address space's notifier has
  /// its IOMMUs forget. This is what would come of it.
  ///
  /// - Parameter tables: The tables to give back.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  public func release(
    _ tables: consuming Batch<P, UserHalf>
  ) throws(P.Interruption) {
    let (head, _) = unsafe UnsafeDoor.take(tables)
    try unsafe UnsafeDoor.releasable(from: head, on: platform).release()
  }

  /// There is never anything to do.
  @inlinable
  public func reclaim() throws(P.Interruption) {}

  /// A table that was never linked goes back at once.
  @inlinable
  public func abandon<Half: AddressHalf>(
    _ table: consuming ConstructedTable<P, Half>
  ) throws(P.Interruption) {
    try table.release()
  }
}
