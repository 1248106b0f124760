// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// Linux from 6.19 on, with `CONFIG_ASYNC_KERNEL_PGTABLE_FREE`, as it is: what
/// could be better is left as it is there.
///
/// - One list for the machine, last in, first out, under one spin lock.
/// - One work item that does not run beside itself.
/// - An invalidation for every run, even of an empty batch; page-selective
///   over the kernel half, with IH=0.
/// - Address space after address space and IOMMU after IOMMU, each with a wait
///   of its own, under the mutex that bind and unbind need.
/// - Whether the invalidation succeeded is not looked at.
/// - The mark is cleared, and the destructor has run, before the queue.
/// - A table that was made for nothing is queued like the rest.
/// - While the kernel boots, tables are only queued.
///
/// Read in `mm/pgtable-generic.c` and `drivers/iommu/iommu-sva.c` of Linux
/// 7.2.13.
public struct Upstream<Driver: IOMMUDriver>: ReclamationScheme {
  /// The machine it runs on.
  public typealias P = Driver.P

  /// The address spaces that walkers share.
  public let sharing: Sharing<Driver>

  /// Whether the kernel is still booting.
  public let isBooting: Bool

  /// The scheme over the walkers of `sharing`.
  ///
  /// - Parameters:
  ///   - sharing: The address spaces that devices share.
  ///   - isBooting: Whether tables are freed at once, as before Linux's work
  ///     queues run.
  @inlinable
  public init(sharing: Sharing<Driver>, isBooting: Bool = false) {
    self.sharing = sharing
    self.isBooting = isBooting
  }

  /// The machine it runs on.
  @inlinable
  public var platform: P { sharing.platform }

  /// `pagetable_free_kernel()`, once for each table.
  @inlinable
  public func enqueue(_ tables: consuming Batch<P, KernelHalf>) throws(P
    .Interruption)
  {
    let (head, _) = unsafe UnsafeDoor.take(tables)
    try queue(from: head)
  }

  @inlinable
  func queue(from head: FrameNumber) throws(P.Interruption) {
    let platform = platform
    var table = head
    while table != .none {
      let next = FrameNumber(
        try platform.load(.link, of: table) &- 1)
      try clearMark(of: table)
      try platform.lock(.foreignList)
      let head = try platform.load(.foreignList)
      try platform.store(head, to: .link, of: table)
      _ = try platform.exchange(table.rawValue &+ 1, at: .foreignList)
      try platform.unlock(.foreignList)
      if !isBooting { try platform.scheduleWorker(after: 0) }
      table = next
    }
  }

  /// `kernel_pgtable_work_func()`.
  @inlinable
  public func reclaim() throws(P.Interruption) {
    let platform = platform
    try platform.lock(.foreignList)
    let head = FrameNumber(
      try platform.exchange(0, at: .foreignList) &- 1)
    try platform.unlock(.foreignList)
    try invalidate()
    try unsafe UnsafeDoor.releasable(from: head, on: platform).release()
  }

  /// `pte_free_kernel()` of a table that lost the race: queued, if it is the
  /// kernel's.
  @inlinable
  public func abandon<Half: AddressHalf>(
    _ table: consuming ConstructedTable<P, Half>
  ) throws(P.Interruption) {
    if Half.isKernel {
      let (head, _) = unsafe UnsafeDoor.take(try destruct(table.unlinked()))
      try queue(from: head)
    } else {
      try table.release()
    }
  }

  /// `iommu_sva_invalidate_kva_range(PAGE_OFFSET, TLB_FLUSH_ALL)`.
  @inlinable
  func invalidate() throws(P.Interruption) {
    try platform.lock(.sharing)
    let driver = sharing.driver
    try sharing.forEachBinding { (binding: Binding) throws(P.Interruption) in
      let request = InvalidationRequest(
        pasid: binding.pasid, range: driver.kernelHalf)
      var iommus = binding.iommus
      while !iommus.isEmpty {
        try driver.submit(request, to: iommus.first)
        let ticket = try driver.fence(iommus.first)
        _ = try driver.wait(for: ticket, on: iommus.first)
        iommus.removeFirst()
      }
    }
    try platform.unlock(.sharing)
  }

  /// Clears the mark before the queue, as Linux does for symmetry.
  @inlinable
  func clearMark(of table: FrameNumber) throws(P.Interruption) {
    var word = TypeWord(
      rawValue: UInt32(
        truncatingIfNeeded: try platform.load(.typeWord, of: table)))
    word[.kernelMark] = false
    try platform.store(UInt64(word.rawValue), to: .typeWord, of: table)
  }
}
