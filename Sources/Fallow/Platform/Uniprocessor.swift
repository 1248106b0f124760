// SPDX-License-Identifier: Apache-2.0

/// One CPU, whose kernel does not preempt a read section and does not let
/// another thread run while it waits for an IOMMU.
///
/// Locks then exclude nobody, and a read section ends before anything else
/// begins, an interrupt apart.
public protocol Uniprocessor: Processors, Readers, Scheduling
where Interruption == Never {}

extension Uniprocessor {
  /// One.
  @inlinable
  public var cpuCount: Int { 1 }

  /// The only CPU.
  @inlinable
  public func currentCPU() -> Int { 0 }

  /// Nothing: nothing runs beside a read section.
  @inlinable
  public func enterReadSection() {}

  /// Nothing, as ``enterReadSection()``.
  @inlinable
  public func leaveReadSection() {}

  /// Returns at once: the worker runs outside every read section.
  @inlinable
  public func awaitReaders() {}

  /// False: the caller may be an interrupt inside a read section.
  ///
  /// Tables wait for the worker.
  @inlinable
  public func readersHaveLeft() -> Bool { false }

  /// Nothing: there is no other CPU.
  @inlinable
  public func lock(_ lock: KernelLock) {}

  /// Nothing, as ``lock(_:)``.
  @inlinable
  public func unlock(_ lock: KernelLock) {}
}
