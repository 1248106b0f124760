// SPDX-License-Identifier: Apache-2.0

/// The entries of RISC-V's 64-bit tables, which its formats share; a format
/// adds how many levels there are.
///
/// Bits as in Linux's `arch/riscv/include/asm/pgtable-bits.h` and
/// `pgtable-64.h` there. Memory types are those of Svpbmt, by the same file: a
/// machine without that extension must not be given them.
public protocol RISCVPaging: PageTableFormat {}

/// Bits of an entry of RISC-V.
@usableFromInline
enum RISCVBit {
  @usableFromInline static var valid: UInt64 { 1 << 0 }
  @usableFromInline static var readable: UInt64 { 1 << 1 }
  @usableFromInline static var writable: UInt64 { 1 << 2 }
  @usableFromInline static var executable: UInt64 { 1 << 3 }
  @usableFromInline static var user: UInt64 { 1 << 4 }
  @usableFromInline static var global: UInt64 { 1 << 5 }
  @usableFromInline static var accessed: UInt64 { 1 << 6 }
  @usableFromInline static var dirty: UInt64 { 1 << 7 }
  @usableFromInline static var software0: UInt64 { 1 << 8 }
  @usableFromInline static var software1: UInt64 { 1 << 9 }
  @usableFromInline static var nonCacheable: UInt64 { 1 << 61 }
  @usableFromInline static var inputOutput: UInt64 { 1 << 62 }
  @usableFromInline static var leaf: UInt64 { readable | writable | executable }
  /// Bits 53 to 10 hold the frame number; as an address it is 2 bits higher.
  @usableFromInline static var frame: UInt64 { 0x003f_ffff_ffff_fc00 }
  @usableFromInline static var frameShift: UInt64 { 2 }
}

extension RISCVPaging {
  /// Nine: 512 entries.
  @inlinable public static var indexBits: Int { 9 }

  /// Every level may hold leaves, the root too.
  @inlinable public static var maxLeafLevel: Int { levels }

  /// 56: a frame number of 44 bits (RISC-V privileged specification, sections
  /// on Sv39, Sv48 and Sv57).
  @inlinable public static var physicalAddressBits: UInt64 { 56 }

  /// The upper half of the root.
  @inlinable public static var kernelHalfIndex: Int { 256 }

  /// The upper end of the addresses.
  @inlinable public static var kernelHalf: VirtualRange {
    let size = userHalf.size
    return VirtualRange(start: VirtualAddress(0 &- size), size: size)
  }

  /// The lower end of the addresses.
  @inlinable public static var userHalf: VirtualRange {
    VirtualRange(start: VirtualAddress(0), size: span(of: levels) &<< 8)
  }

  /// Bit 0.
  @inlinable
  public static func isPresent(_ entry: UInt64) -> Bool {
    entry & RISCVBit.valid != 0
  }

  /// Whether anything is allowed, or the level is 1.
  ///
  /// An entry that allows nothing points to a table.
  @inlinable
  public static func isLeaf(_ entry: UInt64, level: Int) -> Bool {
    level == 1 || entry & RISCVBit.leaf != 0
  }

  /// Valid and nothing allowed, above level 1.
  @inlinable
  public static func isTable(_ entry: UInt64, level: Int) -> Bool {
    level > 1 && entry & (RISCVBit.valid | RISCVBit.leaf) == RISCVBit.valid
  }

  /// Valid and nothing else: the rest is reserved, for software, or makes all
  /// that hangs from it global.
  @inlinable
  public static func isPlainTable(_ entry: UInt64) -> Bool {
    entry & ~RISCVBit.frame == RISCVBit.valid
  }

  /// Valid and nothing else, as Linux's `_PAGE_TABLE`.
  @inlinable
  public static func tableEntry(
    pointingTo table: PhysicalAddress, isKernel: Bool
  ) -> UInt64 {
    table.rawValue &>> RISCVBit.frameShift | RISCVBit.valid
  }

  /// A leaf, which is the same on every level.
  @inlinable
  public static func leafEntry(
    mapping address: PhysicalAddress, level: Int, attributes: LeafAttributes
  ) -> UInt64 {
    address.rawValue &>> RISCVBit.frameShift | RISCVBit.valid
      | RISCVBit.readable
      & ~attributes.bits(RISCVBit.readable, if: .unreadable)
      | attributes.bits(RISCVBit.writable, if: .writable)
      | attributes.bits(RISCVBit.executable, if: .executable)
      | attributes.bits(RISCVBit.user, if: .user)
      | attributes.bits(RISCVBit.global, if: .global)
      | attributes.bits(RISCVBit.accessed, if: .accessed)
      | attributes.bits(RISCVBit.dirty, if: .dirty)
      | attributes.bits(RISCVBit.inputOutput, if: .uncached)
      | attributes.bits(RISCVBit.nonCacheable, if: .writeCombining)
      | attributes.bits(RISCVBit.software0, if: .software0)
      | attributes.bits(RISCVBit.software1, if: .software1)
  }

  /// Memory that cannot be read but written, or that allows nothing at all: the
  /// one is reserved, the other points to a table.
  @inlinable
  public static func unsupportedAttributes(
    in attributes: LeafAttributes
  ) -> LeafAttributes {
    attributes.contains(.writable) || !attributes.contains(.executable)
      ? attributes & .unreadable : .none
  }

  /// What to add to a leaf so that it maps the next stretch: the frame number
  /// is 2 bits lower than the address.
  @inlinable
  public static func leafStep(of level: Int) -> UInt64 {
    span(of: level) &>> RISCVBit.frameShift
  }

  /// The frame number, as an address: a leaf's is aligned to the leaf.
  @inlinable
  public static func address(in entry: UInt64, level: Int) -> PhysicalAddress {
    PhysicalAddress((entry & RISCVBit.frame) &<< RISCVBit.frameShift)
  }

  /// All but the frame number.
  @inlinable
  public static func attributeMask(level: Int) -> UInt64 {
    ~RISCVBit.frame
  }

  /// The bits of the attributes that one of both has: each has a bit of its own.
  @inlinable
  @inline(__always)
  public static func difference(
    between old: LeafAttributes, and new: LeafAttributes, level: Int
  ) -> UInt64 {
    let nowhere = PhysicalAddress(0)
    return leafEntry(
      mapping: nowhere, level: level,
      attributes: LeafAttributes(rawValue: old.rawValue ^ new.rawValue))
      ^ leafEntry(mapping: nowhere, level: level, attributes: .none)
  }

  /// The attributes of a leaf.
  @inlinable
  @inline(__always)
  public static func attributes(
    of entry: UInt64, level: Int
  ) -> LeafAttributes {
    var found = LeafAttributes.none
    found.insert(.unreadable, where: RISCVBit.readable, in: ~entry)
    found.insert(.writable, where: RISCVBit.writable, in: entry)
    found.insert(.executable, where: RISCVBit.executable, in: entry)
    found.insert(.user, where: RISCVBit.user, in: entry)
    found.insert(.global, where: RISCVBit.global, in: entry)
    found.insert(.accessed, where: RISCVBit.accessed, in: entry)
    found.insert(.dirty, where: RISCVBit.dirty, in: entry)
    found.insert(.uncached, where: RISCVBit.inputOutput, in: entry)
    found.insert(.writeCombining, where: RISCVBit.nonCacheable, in: entry)
    found.insert(.software0, where: RISCVBit.software0, in: entry)
    found.insert(.software1, where: RISCVBit.software1, in: entry)
    return found
  }
}
