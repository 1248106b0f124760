// SPDX-License-Identifier: Apache-2.0

/// The stage 1 tables of AArch64 with a granule of 4 KiB: 48-bit addresses,
/// leaves of 4 KiB, 2 MiB and 1 GiB.
///
/// Bits as in Linux's `arch/arm64/include/asm/pgtable-hwdef.h`, and dirty and
/// software bits as in `pgtable-prot.h` there: a leaf that may be written has
/// bit 51, and is dirty once bit 7 is clear, as hardware that manages the
/// dirty state (or the fault handler) leaves it.
///
/// Memory types are indices into MAIR, which the kernel fills: 0 for memory, 1
/// for memory that is not cached, 2 for devices.
///
/// The halves have roots of their own, so no root copies entries of another, and
/// no table below the kernel's root is permanent; ``EmptyTablePolicy/keep`` keeps
/// them linked.
///
/// What CPUs differ in is a value that the kernel finds out when it boots,
/// ``PagingFeatures``: ``PagingFeatures/recordsUse`` is false without hardware
/// management of the access flag and the dirty state, unless a fault handler
/// does it; ``PagingFeatures/replacesLiveEntries`` is true with FEAT_BBM level 2.
/// Leaves of contiguous groups (bit 52) are never made, and
/// ``KernelSpace/init(adopting:_:emptyTables:isReserved:)`` refuses them.
@frozen
public enum AArch64FourKiB: PageTableFormat {
  /// Bits of a descriptor.
  @usableFromInline
  enum Bit {
    @usableFromInline static var valid: UInt64 { 1 << 0 }
    /// Set in a table descriptor and in a leaf of level 1, clear in a block.
    @usableFromInline static var tableOrPage: UInt64 { 1 << 1 }
    @usableFromInline static var memoryIndex: UInt64 { 7 << 2 }
    @usableFromInline static var nonCacheable: UInt64 { 1 << 2 }
    @usableFromInline static var device: UInt64 { 2 << 2 }
    @usableFromInline static var user: UInt64 { 1 << 6 }
    @usableFromInline static var readOnly: UInt64 { 1 << 7 }
    @usableFromInline static var innerShareable: UInt64 { 3 << 8 }
    @usableFromInline static var accessed: UInt64 { 1 << 10 }
    @usableFromInline static var notGlobal: UInt64 { 1 << 11 }
    @usableFromInline static var mayWrite: UInt64 { 1 << 51 }
    @usableFromInline static var privilegedNoExecute: UInt64 { 1 << 53 }
    @usableFromInline static var userNoExecute: UInt64 { 1 << 54 }
    /// Dirty, where the leaf may not be written any more.
    @usableFromInline static var softwareDirty: UInt64 { 1 << 55 }
    @usableFromInline static var software0: UInt64 { 1 << 56 }
    @usableFromInline static var software1: UInt64 { 1 << 57 }
    @usableFromInline static var address: UInt64 { 0x0000_ffff_ffff_f000 }
  }

  /// Four; the manual counts them from 3 at the leaves to 0 at the root.
  @inlinable public static var levels: Int { 4 }

  /// Nine: 512 entries.
  @inlinable public static var indexBits: Int { 9 }

  /// Three: a block of 1 GiB.
  @inlinable public static var maxLeafLevel: Int { 3 }

  /// 48: the manual's OA, bits 47 to 12, where FEAT_LPA2 is not in use.
  @inlinable public static var physicalAddressBits: UInt64 { 48 }

  /// Bit 58, which is for software.
  @inlinable public static var ignoredBits: UInt64 { 1 << 58 }

  /// None: the kernel half has a root of its own.
  @inlinable public static var kernelHalfIndex: Int { 512 }

  /// True: between a table and a block there must be a moment with neither,
  /// and a flush.
  @inlinable public static var requiresBreakBeforeMake: Bool { true }

  /// The upper 256 TiB, which TTBR1 translates.
  @inlinable public static var kernelHalf: VirtualRange {
    VirtualRange(start: VirtualAddress(0xffff_0000_0000_0000), size: 1 << 48)
  }

  /// The lower 256 TiB, which TTBR0 translates.
  @inlinable public static var userHalf: VirtualRange {
    VirtualRange(start: VirtualAddress(0), size: 1 << 48)
  }

  /// Bit 0.
  @inlinable
  public static func isPresent(_ entry: UInt64) -> Bool {
    entry & Bit.valid != 0
  }

  /// Bit 1 is clear above level 1; every entry of level 1.
  @inlinable
  public static func isLeaf(_ entry: UInt64, level: Int) -> Bool {
    level == 1 || entry & Bit.tableOrPage == 0
  }

  /// Bits 0 and 1, above level 1.
  @inlinable
  public static func isTable(_ entry: UInt64, level: Int) -> Bool {
    let bits = Bit.valid | Bit.tableOrPage
    return level > 1 && entry & bits == bits
  }

  /// Valid, and at most accessed beside it: bits 63 to 59 restrict what the
  /// leaves allow.
  @inlinable
  public static func isPlainTable(_ entry: UInt64) -> Bool {
    entry & ~(Bit.address | Bit.accessed) == Bit.valid | Bit.tableOrPage
  }

  /// A table descriptor that restricts nothing; its access flag is one where
  /// the hardware has one, and is ignored elsewhere.
  @inlinable
  public static func tableEntry(
    pointingTo table: PhysicalAddress, isKernel: Bool
  ) -> UInt64 {
    table.rawValue | Bit.valid | Bit.tableOrPage | Bit.accessed
  }

  /// A page or block descriptor, inner shareable.
  ///
  /// What the user may execute the kernel may not, and the other way round.
  @inlinable
  public static func leafEntry(
    mapping address: PhysicalAddress, level: Int, attributes: LeafAttributes
  ) -> UInt64 {
    let isUser = attributes.contains(.user)
    let isExecutable = attributes.contains(.executable)
    let isDirty = attributes.contains(.dirty)
    return address.rawValue | Bit.valid | Bit.innerShareable
      | (level == 1 ? Bit.tableOrPage : 0)
      | (attributes.contains(.writable)
        ? Bit.mayWrite | (isDirty ? 0 : Bit.readOnly)
        : Bit.readOnly | (isDirty ? Bit.softwareDirty : 0))
      | (isUser && isExecutable ? 0 : Bit.userNoExecute)
      | (!isUser && isExecutable ? 0 : Bit.privilegedNoExecute)
      | (attributes.contains(.global) ? 0 : Bit.notGlobal)
      | attributes.bits(Bit.user, if: .user)
      | attributes.bits(Bit.accessed, if: .accessed)
      | attributes.bits(Bit.device, if: .uncached)
      | attributes.bits(Bit.nonCacheable, if: .writeCombining)
      | attributes.bits(Bit.software0, if: .software0)
      | attributes.bits(Bit.software1, if: .software1)
  }

  /// Memory that can only be executed.
  @inlinable
  public static func unsupportedAttributes(
    in attributes: LeafAttributes
  ) -> LeafAttributes {
    attributes & .unreadable
  }

  /// Bits 47 to 12: a leaf's is aligned to the leaf.
  @inlinable
  public static func address(in entry: UInt64, level: Int) -> PhysicalAddress {
    PhysicalAddress(entry & Bit.address)
  }

  /// All but bits 47 to 12.
  @inlinable
  public static func attributeMask(level: Int) -> UInt64 {
    ~Bit.address
  }

  /// The attributes of a leaf.
  @inlinable
  @inline(__always)
  public static func attributes(
    of entry: UInt64, level: Int
  ) -> LeafAttributes {
    let isUser = entry & Bit.user != 0
    let noExecute = isUser ? Bit.userNoExecute : Bit.privilegedNoExecute
    let isWritable = entry & Bit.mayWrite != 0
    let isClean =
      isWritable ? entry & Bit.readOnly != 0 : entry & Bit.softwareDirty == 0
    var found = LeafAttributes.none
    found.insert(.writable, if: isWritable)
    found.insert(.executable, if: entry & noExecute == 0)
    found.insert(.user, if: isUser)
    found.insert(.global, if: entry & Bit.notGlobal == 0)
    found.insert(.accessed, if: entry & Bit.accessed != 0)
    found.insert(.dirty, if: !isClean)
    found.insert(.uncached, if: entry & Bit.memoryIndex == Bit.device)
    found.insert(
      .writeCombining, if: entry & Bit.memoryIndex == Bit.nonCacheable)
    found.insert(.software0, if: entry & Bit.software0 != 0)
    found.insert(.software1, if: entry & Bit.software1 != 0)
    return found
  }
}
