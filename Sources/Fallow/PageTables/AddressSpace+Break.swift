// SPDX-License-Identifier: Apache-2.0

/// Break-before-make, where devices may walk the tables too.
///
/// An entry is cleared, every walker forgets it, and then another takes its
/// place: so no walker ever holds two translations of one address. The CPUs'
/// flush does that for the CPUs. What an IOMMU caches is dropped by the owner of
/// the stale range, or by the worker, and both come later; so while a device is
/// bound, an operation that breaks is refused, by ``MapError/Kind/bound``. The
/// caller then takes the steps apart: unmap, invalidate, map.
extension AddressSpace {
  /// Keeps devices from being bound until ``endBreak()``, if none is bound that
  /// may walk these tables; if one is, it returns false and does nothing.
  ///
  /// Sleeps. Not in a read section.
  @inlinable
  @inline(never)
  func beginBreak() throws(P.Interruption) -> Bool {
    try platform.lock(.sharing)
    if try !isWalkedByDevices() { return true }
    try platform.unlock(.sharing)
    return false
  }

  /// Lets devices be bound again.
  @inlinable
  func endBreak() throws(P.Interruption) {
    try platform.unlock(.sharing)
  }

  /// Whether a device is bound that may walk these tables: the kernel half is
  /// every device's.
  ///
  /// Exact under the sharing lock.
  @inlinable
  func isWalkedByDevices() throws(P.Interruption) -> Bool {
    if Half.isKernel { return try platform.load(.sharedSpaces) != 0 }
    return try platform.load(.binding, of: root) != 0
  }
}
