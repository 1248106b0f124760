/// The 4-level paging of x86-64: 48-bit addresses, leaves of 4 KiB, 2 MiB and
/// 1 GiB.
///
/// Bits as in Linux's `arch/x86/include/asm/pgtable_types.h` (`_PAGE_BIT_*`);
/// the first stage of VT-d's scalable mode walks the same tables.
@frozen
public enum X86FourLevel: PageTableFormat {
  /// Bits of an entry.
  @usableFromInline
  enum Bit {
    @usableFromInline static var present: UInt64 { 1 << 0 }
    @usableFromInline static var writable: UInt64 { 1 << 1 }
    @usableFromInline static var user: UInt64 { 1 << 2 }
    @usableFromInline static var cacheDisable: UInt64 { 1 << 4 }
    @usableFromInline static var accessed: UInt64 { 1 << 5 }
    @usableFromInline static var dirty: UInt64 { 1 << 6 }
    @usableFromInline static var pageSize: UInt64 { 1 << 7 }
    @usableFromInline static var global: UInt64 { 1 << 8 }
    @usableFromInline static var noExecute: UInt64 { 1 << 63 }
    @usableFromInline static var address: UInt64 { 0x000f_ffff_ffff_f000 }
  }

  /// Four: PT, PD, PDPT and PML4.
  @inlinable public static var levels: Int { 4 }

  /// Nine: 512 entries.
  @inlinable public static var indexBits: Int { 9 }

  /// Three: a 1 GiB leaf stands in a PDPT.
  @inlinable public static var maxLeafLevel: Int { 3 }

  /// The upper half of the PML4.
  @inlinable public static var kernelHalfIndex: Int { 256 }

  /// The upper 128 TiB.
  @inlinable public static var kernelHalf: VirtualRange {
    VirtualRange(start: VirtualAddress(0xffff_8000_0000_0000), size: 1 << 47)
  }

  /// The lower 128 TiB.
  @inlinable public static var userHalf: VirtualRange {
    VirtualRange(start: VirtualAddress(0), size: 1 << 47)
  }

  /// Bit 0.
  @inlinable
  public static func isPresent(_ entry: UInt64) -> Bool {
    entry & Bit.present != 0
  }

  /// Bit 7 above level 1; every entry of level 1.
  @inlinable
  public static func isLeaf(_ entry: UInt64, level: Int) -> Bool {
    level == 1 || entry & Bit.pageSize != 0
  }

  /// Writable, and accessed and dirty like Linux's `_KERNPG_TABLE`: what may
  /// be done is decided at the leaf.
  @inlinable
  public static func tableEntry(
    pointingTo table: PhysicalAddress, isKernel: Bool
  ) -> UInt64 {
    table.rawValue | Bit.present | Bit.writable | Bit.accessed | Bit.dirty
      | (isKernel ? 0 : Bit.user)
  }

  /// A leaf with the page-size bit where it is needed.
  @inlinable
  public static func leafEntry(
    mapping address: PhysicalAddress, level: Int, attributes: LeafAttributes
  ) -> UInt64 {
    var entry = address.rawValue | Bit.present
    if level > 1 { entry |= Bit.pageSize }
    if attributes.contains(.writable) { entry |= Bit.writable }
    if !attributes.contains(.executable) { entry |= Bit.noExecute }
    if attributes.contains(.user) { entry |= Bit.user }
    if attributes.contains(.global) { entry |= Bit.global }
    if attributes.contains(.accessed) { entry |= Bit.accessed }
    if attributes.contains(.dirty) { entry |= Bit.dirty }
    if attributes.contains(.uncached) { entry |= Bit.cacheDisable }
    return entry
  }

  /// Bits 51 to 12, less those below a large leaf's size.
  @inlinable
  public static func address(in entry: UInt64, level: Int) -> PhysicalAddress {
    let address = entry & Bit.address
    guard level > 1 && entry & Bit.pageSize != 0 else {
      return PhysicalAddress(address)
    }
    return PhysicalAddress(address & ~(span(of: level) &- 1))
  }

  /// The attributes of a leaf.
  @inlinable
  public static func attributes(
    of entry: UInt64, level: Int
  ) -> LeafAttributes {
    var attributes = LeafAttributes.none
    if entry & Bit.writable != 0 { attributes.insert(.writable) }
    if entry & Bit.noExecute == 0 { attributes.insert(.executable) }
    if entry & Bit.user != 0 { attributes.insert(.user) }
    if entry & Bit.global != 0 { attributes.insert(.global) }
    if entry & Bit.accessed != 0 { attributes.insert(.accessed) }
    if entry & Bit.dirty != 0 { attributes.insert(.dirty) }
    if entry & Bit.cacheDisable != 0 { attributes.insert(.uncached) }
    return attributes
  }
}
