// SPDX-License-Identifier: Apache-2.0

/// The entries of x86-64's tables, which its formats share; a format adds how
/// many levels there are.
///
/// Bits as in Linux's `arch/x86/include/asm/pgtable_types.h` (`_PAGE_BIT_*`);
/// the first stage of VT-d's scalable mode walks the same tables. Memory types
/// are as Linux's `enum page_cache_mode` there numbers them, without the PAT
/// bit: the kernel makes 1 (PWT) write-combining and 3 (PWT and PCD) uncached.
public protocol X86Paging: PageTableFormat {}

/// Bits of an entry of x86-64.
@usableFromInline
enum X86Bit {
  @usableFromInline static var present: UInt64 { 1 << 0 }
  @usableFromInline static var writable: UInt64 { 1 << 1 }
  @usableFromInline static var user: UInt64 { 1 << 2 }
  @usableFromInline static var writeThrough: UInt64 { 1 << 3 }
  @usableFromInline static var cacheDisable: UInt64 { 1 << 4 }
  @usableFromInline static var accessed: UInt64 { 1 << 5 }
  @usableFromInline static var dirty: UInt64 { 1 << 6 }
  @usableFromInline static var pageSize: UInt64 { 1 << 7 }
  @usableFromInline static var global: UInt64 { 1 << 8 }
  @usableFromInline static var software0: UInt64 { 1 << 9 }
  @usableFromInline static var software1: UInt64 { 1 << 10 }
  /// Bit 11, which no walker looks at: set in every entry that points to a
  /// table and in no leaf, so that one test distinguishes them.
  @usableFromInline static var table: UInt64 { 1 << 11 }
  /// Bit 58, which no walker looks at: the leaf is dirty, and read-only.
  @usableFromInline static var savedDirty: UInt64 { dirty &<< dirtyShift }
  @usableFromInline static var dirtyShift: UInt64 { 52 }
  @usableFromInline static var noExecute: UInt64 { 1 << 63 }
  /// The bits that ``LeafAttributes`` has at the same places.
  @usableFromInline static var attributes: UInt64 {
    writable | user | writeThrough | cacheDisable | accessed | dirty | global
      | software0 | software1
  }
  @usableFromInline static var address: UInt64 { 0x000f_ffff_ffff_f000 }
}

extension X86Paging {
  /// Nine: 512 entries.
  @inlinable public static var indexBits: Int { 9 }

  /// Three: a 1 GiB leaf stands in a PDPT.
  @inlinable public static var maxLeafLevel: Int { 3 }

  /// 52: the widest that the manuals allow (Intel SDM, volume 3, section 4.5).
  @inlinable public static var physicalAddressBits: UInt64 { 52 }

  /// Bits 57 to 52, and 62 to 59, which hold a protection key where there are
  /// keys.
  @inlinable public static var ignoredBits: UInt64 { 0x7bf0_0000_0000_0000 }

  /// The upper half of the root.
  @inlinable public static var kernelHalfIndex: Int { 256 }

  /// Bit 0.
  @inlinable
  public static func isPresent(_ entry: UInt64) -> Bool {
    entry & X86Bit.present != 0
  }

  /// Bit 7 above level 1; every entry of level 1.
  @inlinable
  public static func isLeaf(_ entry: UInt64, level: Int) -> Bool {
    level == 1 || entry & X86Bit.pageSize != 0
  }

  /// Bit 11, above level 1: ``tableEntry(pointingTo:isKernel:)`` sets it.
  @inlinable
  public static func isTable(_ entry: UInt64, level: Int) -> Bool {
    level > 1 && entry & X86Bit.table != 0
  }

  /// Present and writable, for the kernel or for all; a walker may have set
  /// accessed, and ignores dirty.
  ///
  /// The leaves decide about user privilege, and those of the kernel half have
  /// none.
  @inlinable
  public static func isPlainTable(_ entry: UInt64) -> Bool {
    let ignored = X86Bit.user | X86Bit.accessed | X86Bit.dirty
    return entry & ~(X86Bit.address | ignored)
      == X86Bit.present | X86Bit.writable
  }

  /// Writable, and accessed and dirty like Linux's `_KERNPG_TABLE`: what may
  /// be done is decided at the leaf.
  ///
  /// Bit 11 says that it points to a table.
  @inlinable
  public static func tableEntry(
    pointingTo table: PhysicalAddress, isKernel: Bool
  ) -> UInt64 {
    table.rawValue | X86Bit.present | X86Bit.writable | X86Bit.accessed
      | X86Bit.dirty | X86Bit.table | (isKernel ? 0 : X86Bit.user)
  }

  /// A leaf with the page-size bit where it is needed.
  @inlinable
  public static func leafEntry(
    mapping address: PhysicalAddress, level: Int, attributes: LeafAttributes
  ) -> UInt64 {
    let bits = UInt64(attributes.rawValue)
    return address.rawValue | X86Bit.present
      | (level > 1 ? X86Bit.pageSize : 0)
      | bits & X86Bit.attributes
      // Uncached memory has both bits, write-combining memory the lower one.
      | (bits & X86Bit.cacheDisable) &>> 1
      | X86Bit.noExecute & ~(bits &<< Self.executableShift)
  }

  /// How far the bit of ``LeafAttributes/executable`` is below bit 63.
  @inlinable
  static var executableShift: UInt64 {
    63
      &- UInt64(
        truncatingIfNeeded: LeafAttributes.executable.rawValue
          .trailingZeroBitCount)
  }

  /// Memory that can only be executed, since what is present can be read; and
  /// what is dirty but not writable, which is a shadow-stack page where there
  /// are shadow stacks (Intel SDM, volume 3, section 4.6).
  @inlinable
  public static func unsupportedAttributes(
    in attributes: LeafAttributes
  ) -> LeafAttributes {
    attributes
      & (attributes.contains(.writable) ? .unreadable : .unreadable | .dirty)
  }

  /// Moves the dirty bit to bit 58 where the leaf is not writable, as Linux's
  /// `_PAGE_BIT_SAVED_DIRTY`: such a leaf loses the right to write.
  @inlinable
  public static func savingDirty(_ leaf: UInt64) -> UInt64 {
    let saved =
      leaf & X86Bit.dirty
      & ~((leaf & X86Bit.writable) &* (X86Bit.dirty / X86Bit.writable))
    return leaf ^ (saved | saved &<< X86Bit.dirtyShift)
  }

  /// Bits 51 to 12, less those below a large leaf's size.
  @inlinable
  public static func address(in entry: UInt64, level: Int) -> PhysicalAddress {
    isLeaf(entry, level: level)
      ? leafAddress(in: entry, level: level)
      : PhysicalAddress(entry & X86Bit.address)
  }

  /// The entry less the bits that the library sets beside the address: a
  /// constant, which an access adds for nothing.
  @inlinable
  public static func tableAddress(
    in entry: UInt64, isKernel: Bool
  ) -> PhysicalAddress {
    let flags = tableEntry(
      pointingTo: PhysicalAddress(0), isKernel: isKernel)
    return PhysicalAddress(entry &- flags)
  }

  /// Bits 51 to 12, less those below the leaf's size.
  @inlinable
  public static func leafAddress(
    in entry: UInt64, level: Int
  ) -> PhysicalAddress {
    PhysicalAddress(entry & X86Bit.address & ~(span(of: level) &- 1))
  }

  /// All but bits 51 to 12, or to a large leaf's size: the PAT bit of a large
  /// leaf, bit 12, is in it.
  @inlinable
  public static func attributeMask(level: Int) -> UInt64 {
    ~(X86Bit.address & ~(span(of: level) &- 1))
  }

  /// The attributes of a leaf.
  @inlinable
  @inline(__always)
  public static func attributes(
    of entry: UInt64, level: Int
  ) -> LeafAttributes {
    var bits = entry & X86Bit.attributes
    // Where caching is disabled, write-through does not say write-combining.
    bits &= ~((bits & X86Bit.cacheDisable) &>> 1)
    bits |= (entry & X86Bit.savedDirty) &>> X86Bit.dirtyShift
    bits |= (~entry & X86Bit.noExecute) &>> Self.executableShift
    return LeafAttributes(rawValue: UInt16(truncatingIfNeeded: bits))
  }
}
