// SPDX-License-Identifier: Apache-2.0

/// CPUs of RISC-V.
public protocol RISCVProcessors: Processors {
  /// Whether every hart has Svvptc: an entry that becomes valid is then seen
  /// within bounded time, and a hart that faults once may try again.
  var hasSvvptc: Bool { get }

  /// Executes `sfence.vma` for the range on this hart; what other harts cached
  /// of entries that were not valid ends in a fault that they repair.
  ///
  /// - Parameters:
  ///   - range: The virtual addresses.
  ///   - root: The root of the address space; nil for the kernel half.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func fenceVirtualMemory(
    _ range: VirtualRange, of root: FrameNumber?
  ) throws(Interruption)
}

extension RISCVProcessors {
  /// Nothing where every hart has Svvptc; else a fence: a hart may have cached
  /// that an entry is not valid (RISC-V privileged specification, section on
  /// `SFENCE.VMA`).
  @inlinable
  @inline(__always)
  public func publish(
    _ range: VirtualRange, of root: FrameNumber?
  ) throws(Interruption) {
    if !hasSvvptc { try fenceVirtualMemory(range, of: root) }
  }
}
