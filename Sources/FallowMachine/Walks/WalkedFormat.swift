// SPDX-License-Identifier: Apache-2.0

import Fallow

/// A page-table format as walkers read it.
protocol WalkedFormat: PageTableFormat {
  /// An entry as a walker that records uses leaves it.
  static func marked(_ entry: UInt64, isWrite: Bool) -> UInt64

  /// Whether a leaf says that it was written through.
  static func isDirty(_ leaf: UInt64) -> Bool

  /// Whether the walker marks entries that point to tables as accessed too.
  static func marksTables(_ requester: Requester) -> Bool

  /// What an entry of a table of `level` allows, as flags of ``CachedEntry``.
  static func rights(of entry: UInt64, level: Int) -> UInt8
}

extension X86FourLevel: WalkedFormat {
  @inline(__always)
  static func marksTables(_ requester: Requester) -> Bool { true }

  @inline(__always)
  static func marked(_ entry: UInt64, isWrite: Bool) -> UInt64 {
    entry | 1 << 5 | (isWrite ? 1 << 6 : 0)
  }

  @inline(__always)
  static func isDirty(_ leaf: UInt64) -> Bool { leaf & 1 << 6 != 0 }

  /// Entries of every level have rights, and all of them count.
  @inline(__always)
  static func rights(of entry: UInt64, level: Int) -> UInt8 {
    (entry & 1 << 2 != 0 ? CachedEntry.Flag.user : 0)
      | (entry & 1 << 1 != 0 ? CachedEntry.Flag.writable : 0)
  }
}

extension RISCVSv39: WalkedFormat {}
extension RISCVSv48: WalkedFormat {}

extension WalkedFormat where Self: RISCVPaging {
  @inline(__always)
  static func marksTables(_ requester: Requester) -> Bool { false }

  @inline(__always)
  static func marked(_ entry: UInt64, isWrite: Bool) -> UInt64 {
    entry | 1 << 6 | (isWrite ? 1 << 7 : 0)
  }

  @inline(__always)
  static func isDirty(_ leaf: UInt64) -> Bool { leaf & 1 << 7 != 0 }

  /// Leaves alone have rights; one that cannot be read gives none to a device.
  @inline(__always)
  static func rights(of entry: UInt64, level: Int) -> UInt8 {
    if !isLeaf(entry, level: level) {
      return CachedEntry.Flag.user | CachedEntry.Flag.writable
    }
    if entry & 1 << 1 == 0 { return 0 }
    return (entry & 1 << 4 != 0 ? CachedEntry.Flag.user : 0)
      | (entry & 1 << 2 != 0 ? CachedEntry.Flag.writable : 0)
  }
}

extension AArch64FourKiB: WalkedFormat {
  /// FEAT_HAFT.
  @inline(__always)
  static func marksTables(_ requester: Requester) -> Bool {
    requester.marksTables
  }

  /// A leaf that may be written (DBM) is dirty once it is not read-only.
  @inline(__always)
  static func marked(_ entry: UInt64, isWrite: Bool) -> UInt64 {
    let accessed = entry | 1 << 10
    return isWrite && entry & 1 << 51 != 0 ? accessed & ~(1 << 7) : accessed
  }

  @inline(__always)
  static func isDirty(_ leaf: UInt64) -> Bool { leaf & 1 << 7 == 0 }

  /// Tables that restrict nothing, as the library writes them.
  @inline(__always)
  static func rights(of entry: UInt64, level: Int) -> UInt8 {
    if !isLeaf(entry, level: level) {
      return CachedEntry.Flag.user | CachedEntry.Flag.writable
    }
    let isWritable = entry & 1 << 51 != 0 || entry & 1 << 7 == 0
    return (entry & 1 << 6 != 0 ? CachedEntry.Flag.user : 0)
      | (isWritable ? CachedEntry.Flag.writable : 0)
  }
}
