import Fallow

/// A page-table format as walkers read it.
protocol WalkedFormat: PageTableFormat {
  /// The bit of an entry that says that it was used.
  static var accessedBit: UInt64 { get }

  /// The bit of a leaf that says that it was written through.
  static var dirtyBit: UInt64 { get }

  /// Whether entries that point to tables are marked as accessed too.
  static var marksTables: Bool { get }

  /// What an entry of a table of `level` allows, as flags of ``CachedEntry``.
  static func rights(of entry: UInt64, level: Int) -> UInt8
}

extension X86FourLevel: WalkedFormat {
  static var accessedBit: UInt64 { 1 << 5 }
  static var dirtyBit: UInt64 { 1 << 6 }
  static var marksTables: Bool { true }

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
  static var accessedBit: UInt64 { 1 << 6 }
  static var dirtyBit: UInt64 { 1 << 7 }
  static var marksTables: Bool { false }

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
