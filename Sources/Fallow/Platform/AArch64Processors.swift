// SPDX-License-Identifier: Apache-2.0

/// CPUs of AArch64.
public protocol AArch64Processors: Processors {
  /// Executes `dsb ishst; isb`.
  ///
  /// Without the barrier, a table walk may not see an entry that the same CPU
  /// stored before, and the access that follows may fault; a walk never caches
  /// an entry that is not valid (Arm ARM, DDI 0487, D8.16 and B2.3).
  ///
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func synchronizeTableStores() throws(Interruption)
}

extension AArch64Processors {
  /// As ``synchronizeTableStores()``.
  @inlinable
  @inline(__always)
  public func publish(
    _ range: VirtualRange, of root: FrameNumber?
  ) throws(Interruption) {
    try synchronizeTableStores()
  }
}
