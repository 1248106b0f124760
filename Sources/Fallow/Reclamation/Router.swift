// SPDX-License-Identifier: Apache-2.0

/// The one place through which every unlinked table passes: `pagetable_free()`
/// in the mail.
///
/// **Guarantee.** Each table's destructor and accounting run here, exactly
/// once, by the CPU that unlinked it; neither the caller nor the
/// worker has anything left to do. A kernel table is then queued and released
/// late. A user table is not queued, but comes back as a batch, which only an
/// invalidation of its own address space makes releasable.
extension ReclamationScheme {
  /// Retires kernel tables.
  ///
  /// Legal with interrupts off, and from an interrupt that interrupts a retire
  /// on the same CPU: it neither sleeps nor takes a lock nor allocates. Not
  /// from an NMI: that could interrupt the platform's own wake-up of the
  /// worker.
  ///
  /// - Parameter tables: The tables, whose entries are cleared and flushed.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Complexity: O(tables)
  @inlinable
  #if Small
    @inline(never)
  #else
    @inline(__always)
  #endif
  public func retire(
    _ tables: consuming UnlinkedTables<P, KernelHalf>
  ) throws(P.Interruption) {
    let batch = try destruct(tables)
    if !batch.isEmpty { try enqueue(batch) }
  }

  /// Runs an operation that unlinks kernel tables, and retires them.
  ///
  /// Inlined always: what it runs holds tokens, which the way out of a call
  /// that is not inlined would drop.
  @inlinable
  @inline(__always)
  func retiring<Outcome>(
    _ operation: (
      inout UnlinkedTables<P, KernelHalf>
    ) throws(P.Interruption) -> Outcome
  ) throws(P.Interruption) -> Outcome {
    var unlinked = UnlinkedTables<P, KernelHalf>(on: platform)
    let outcome: Outcome
    do throws(P.Interruption) {
      outcome = try operation(&unlinked)
    } catch {
      unlinked.forget()
      throw error
    }
    try retire(unlinked)
    return outcome
  }

  /// Retires user tables, for the caller to invalidate and release.
  ///
  /// - Parameter tables: The tables, whose entries are cleared and flushed.
  /// - Returns: The tables as a batch, which an invalidation of their space
  ///   makes releasable.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Complexity: O(tables)
  @inlinable
  public func retire(
    _ tables: consuming UnlinkedTables<P, UserHalf>
  ) throws(P.Interruption) -> Batch<P, UserHalf> {
    try destruct(tables)
  }

  /// What is to be done once for each table, by the mail's words the legwork
  /// of "all of the things that queue gunk to the list".
  @inlinable
  @inline(__always)
  package func destruct<Half: AddressHalf>(
    _ tables: consuming UnlinkedTables<P, Half>
  ) throws(P.Interruption) -> Batch<P, Half> {
    let platform = platform
    let (head, tail) = tables.take()
    var count: Int64 = 0
    var frame = head
    while frame != .none {
      // User tables may have been in the hands of a caller without tokens.
      if !Half.isKernel {
        try platform.check(frame, isKernel: false, in: .unlinked)
      }
      try platform.changeState(of: frame, from: .unlinked, to: .quarantined)
      count &+= 1
      // One table is the rule: its link need not be read.
      if frame == tail { break }
      frame = try platform.link(of: frame)
    }
    try platform.account(count, from: .unlinked, to: .quarantined)
    return Batch(platform, head: head, tail: tail)
  }
}
