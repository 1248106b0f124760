// SPDX-License-Identifier: Apache-2.0

/// Which leaves walkers may write through.
///
/// A walker that read a leaf while it was writable goes on to write through it,
/// whatever the leaf says since, until it has forgotten it.
extension Core {
  /// A walker keeps a leaf, or a walk under way has read one.
  @inline(__always)
  func noteRights(
    of entry: UInt64, at place: Int, _ walker: Int, old: Bool
  ) {
    guard layout.keepsRights, entry & TinyEntry.writable != 0 else { return }
    cells.setBits(
      Self.rightBit(of: place), at: layout.rights(of: walker, old: old))
  }

  /// A device is answered by its IOMMU.
  @inline(__always)
  func copyRights(from walker: Int, to device: Int) {
    guard layout.keepsRights else { return }
    cells.setBits(
      cells[layout.rights(of: walker, old: false)],
      at: layout.rights(of: device, old: false))
  }

  /// A walker forgets a leaf; walks that already used it may keep it.
  @inline(__always)
  func dropRights(at place: Int, of walker: Int, keepsOld: Bool) {
    guard layout.keepsRights else { return }
    let current = layout.rights(of: walker, old: false)
    let dropped = cells[current] & Self.rightBit(of: place)
    cells.clearBits(dropped, at: current)
    if keepsOld {
      cells.setBits(dropped, at: layout.rights(of: walker, old: true))
    }
  }

  /// A walker keeps what it had forgotten.
  @inline(__always)
  func restoreRights(of walker: Int) {
    guard layout.keepsRights else { return }
    cells.setBits(
      cells[layout.rights(of: walker, old: true)],
      at: layout.rights(of: walker, old: false))
  }

  /// A walker forgets everything.
  @inline(__always)
  func clearRights(of walker: Int, old: Bool) {
    if layout.keepsRights { cells[layout.rights(of: walker, old: old)] = 0 }
  }

  static func rightBit(of place: Int) -> UInt64 {
    1 << UInt64(place - 1)
  }
}
