// SPDX-License-Identifier: Apache-2.0

/// The layout of page tables, as a manual defines it.
///
/// Levels are counted from the leaves: a table of level 1 holds the smallest
/// leaves, and the root is a table of level ``levels``. A leaf of level 1 is
/// one frame. An entry is a word of 64 bits; zero is never present.
public protocol PageTableFormat: Sendable {
  /// The format as walkers know it: an IOMMU's driver names it, and only spaces
  /// of it can be bound.
  ///
  /// A variant that sets the same entries' bits differently, and that the same
  /// hardware walks, names the format that it is a variant of.
  associatedtype Walked: PageTableFormat = Self

  /// How many levels of tables there are.
  static var levels: Int { get }

  /// The binary logarithm of the entries in a table.
  static var indexBits: Int { get }

  /// The highest level that may hold leaves.
  static var maxLeafLevel: Int { get }

  /// The entries of the root from this one on belong to the kernel half, and
  /// every root has a copy of them.
  ///
  /// It is ``entriesPerTable`` where the kernel half has a root of its own.
  static var kernelHalfIndex: Int { get }

  /// Whether the architecture forbids to put a leaf in a table's place, or a
  /// table in a leaf's, while the entry is present.
  static var requiresBreakBeforeMake: Bool { get }

  /// The width of the physical addresses that an entry can hold, in bits.
  static var physicalAddressBits: UInt64 { get }

  /// The attributes that no leaf of one half may have: in the kernel half what
  /// belongs to users, in a user half what is valid in every address space.
  ///
  /// - Parameter isKernel: Whether the leaf is in the kernel half.
  static func unsupportedAttributes(
    ofKernelHalf isKernel: Bool
  ) -> LeafAttributes

  /// The bits of a leaf that no walker looks at and that no attribute uses,
  /// the same on every level: a leaf that the library did not write may have
  /// them, and keeps them.
  static var ignoredBits: UInt64 { get }

  /// The addresses of the kernel half.
  static var kernelHalf: VirtualRange { get }

  /// The addresses of the user half.
  static var userHalf: VirtualRange { get }

  /// Whether an entry leads anywhere.
  ///
  /// - Parameter entry: The entry.
  static func isPresent(_ entry: UInt64) -> Bool

  /// Whether a present entry of a table of `level` is a leaf.
  ///
  /// - Parameters:
  ///   - entry: A present entry.
  ///   - level: The level of its table.
  static func isLeaf(_ entry: UInt64, level: Int) -> Bool

  /// Whether an entry of a table of `level`, written by the library, points to
  /// a table: ``tableEntry(pointingTo:isKernel:)`` made it.
  ///
  /// - Parameters:
  ///   - entry: The entry.
  ///   - level: The level of its table.
  static func isTable(_ entry: UInt64, level: Int) -> Bool

  /// Whether an entry that points to a table, and that the library did not
  /// write, says no more than the library's own would: it neither restricts nor
  /// widens what the leaves below allow.
  ///
  /// - Parameter entry: An entry that points to a table.
  static func isPlainTable(_ entry: UInt64) -> Bool

  /// An entry that points to a table. A walker finds nothing to write in it:
  /// its accessed bit is set.
  ///
  /// - Parameters:
  ///   - table: The physical address of the table that it points to.
  ///   - isKernel: Whether the table belongs to the kernel half.
  static func tableEntry(
    pointingTo table: PhysicalAddress, isKernel: Bool
  ) -> UInt64

  /// An entry of a table of `level` that maps `address`.
  ///
  /// - Parameters:
  ///   - address: The physical address that the leaf maps.
  ///   - level: The level of the table that the leaf is in.
  ///   - attributes: What the leaf allows and records.
  /// - Precondition: `address` is aligned to the leaf, and
  ///   `level <= maxLeafLevel`.
  static func leafEntry(
    mapping address: PhysicalAddress, level: Int, attributes: LeafAttributes
  ) -> UInt64

  /// Those of `attributes` that a leaf of this format cannot say together with
  /// the rest.
  ///
  /// Two memory types at once, or what the half forbids, are not for the format
  /// to refuse.
  ///
  /// - Parameter attributes: The attributes of one leaf.
  /// - Returns: The attributes that the format refuses; none if it can encode
  ///   all.
  static func unsupportedAttributes(in attributes: LeafAttributes)
    -> LeafAttributes

  /// The same leaf with its dirty bit elsewhere, where walkers would take a
  /// dirty leaf that is read-only for something else.
  ///
  /// - Parameter leaf: A leaf entry.
  static func savingDirty(_ leaf: UInt64) -> UInt64

  /// What to add to a leaf of `level` so that it maps the ``span(of:)`` bytes
  /// that follow.
  ///
  /// - Parameter level: The level of the leaf's table.
  /// - Returns: What the next leaf's entry has more than this one.
  static func leafStep(of level: Int) -> UInt64

  /// The address in a present entry of a table of `level`.
  ///
  /// - Parameters:
  ///   - entry: A present entry.
  ///   - level: The level of its table.
  static func address(in entry: UInt64, level: Int) -> PhysicalAddress

  /// The address in an entry that ``tableEntry(pointingTo:isKernel:)`` made.
  ///
  /// - Parameters:
  ///   - entry: An entry that points to a table.
  ///   - isKernel: Whether the table belongs to the kernel half.
  static func tableAddress(
    in entry: UInt64, isKernel: Bool
  ) -> PhysicalAddress

  /// The address in an entry that is known to be a leaf.
  ///
  /// - Parameters:
  ///   - entry: A leaf entry.
  ///   - level: The level of its table.
  static func leafAddress(in entry: UInt64, level: Int) -> PhysicalAddress

  /// The bits of a leaf of `level` that are not its address.
  ///
  /// Two leaves that agree in them have the same attributes.
  ///
  /// - Parameter level: The level of the leaf's table.
  static func attributeMask(level: Int) -> UInt64

  /// The attributes of a leaf.
  ///
  /// - Parameters:
  ///   - entry: A leaf entry.
  ///   - level: The level of its table.
  static func attributes(of entry: UInt64, level: Int) -> LeafAttributes

  /// The bits in which a leaf with the attributes `old` differs from the same
  /// leaf with `new`.
  ///
  /// The leaves are compared as ``savingDirty(_:)`` leaves them.
  ///
  /// - Parameters:
  ///   - old: The attributes of the one leaf.
  ///   - new: The attributes of the other.
  ///   - level: The level of their table.
  static func difference(
    between old: LeafAttributes, and new: LeafAttributes, level: Int
  ) -> UInt64
}

extension PageTableFormat {
  /// Whether every root has the kernel half's entries, which are permanent; if
  /// not, the halves have roots of their own.
  @inlinable
  static var sharesRoots: Bool { kernelHalfIndex < entriesPerTable }

  /// How many entries a table has.
  @inlinable
  public static var entriesPerTable: Int { 1 &<< indexBits }

  /// The binary logarithm of ``span(of:)``.
  ///
  /// - Parameter level: The level of the table.
  @inlinable
  public static func spanShift(of level: Int) -> UInt64 {
    FrameNumber.shift
      &+ UInt64(truncatingIfNeeded: indexBits &* (level &- 1))
  }

  /// How many bytes one entry of a table of `level` covers.
  ///
  /// - Parameter level: The level of the table.
  @inlinable
  public static func span(of level: Int) -> UInt64 {
    1 &<< spanShift(of: level)
  }

  /// Present and no leaf.
  @inlinable
  public static func isTable(_ entry: UInt64, level: Int) -> Bool {
    isPresent(entry) && !isLeaf(entry, level: level)
  }

  /// The address with the sign extension that the kernel half has.
  @inlinable
  static func canonical(_ address: VirtualAddress) -> VirtualAddress {
    let width = spanShift(of: levels &+ 1)
    let isUpper =
      kernelHalfIndex < entriesPerTable
      ? address.rawValue &>> (width &- 1) & 1 != 0 : true
    return isUpper && width < 64
      ? VirtualAddress(address.rawValue | ~0 &<< width) : address
  }

  /// How many bytes `count` entries of a table of `level` cover.
  @inlinable
  static func size(of count: Int, level: Int) -> UInt64 {
    UInt64(truncatingIfNeeded: count) &<< spanShift(of: level)
  }

  /// The span: the address stands in the entry as it is.
  @inlinable
  public static func leafStep(of level: Int) -> UInt64 { span(of: level) }

  /// The entry that leads on to `address` in a table of `level`.
  ///
  /// - Parameters:
  ///   - address: The virtual address.
  ///   - level: The level of the table.
  @inlinable
  public static func index(of address: VirtualAddress, level: Int) -> Int {
    Int(truncatingIfNeeded: address.rawValue &>> spanShift(of: level))
      & (entriesPerTable &- 1)
  }

  /// How many bytes from the start of the table on that entry is.
  @inlinable
  static func offset(of address: VirtualAddress, level: Int) -> UInt64 {
    UInt64(truncatingIfNeeded: index(of: address, level: level) &* 8)
  }

  /// Where that entry is.
  ///
  /// - Parameters:
  ///   - address: The virtual address.
  ///   - table: The table.
  ///   - level: The table's level.
  /// - Returns: The physical address of the entry.
  @inlinable
  public static func slot(
    for address: VirtualAddress, in table: FrameNumber, level: Int
  ) -> PhysicalAddress {
    table.address + offset(of: address, level: level)
  }

  /// ``LeafAttributes/user`` in the kernel half, ``LeafAttributes/global`` in a
  /// user half.
  @inlinable
  public static func unsupportedAttributes(
    ofKernelHalf isKernel: Bool
  ) -> LeafAttributes {
    isKernel ? .user : .global
  }

  /// What the encodings of both differ in.
  @inlinable
  @inline(__always)
  public static func difference(
    between old: LeafAttributes, and new: LeafAttributes, level: Int
  ) -> UInt64 {
    encoding(of: old, level: level) ^ encoding(of: new, level: level)
  }

  /// None.
  @inlinable
  public static var ignoredBits: UInt64 { 0 }

  /// The leaf as it is.
  @inlinable
  public static func savingDirty(_ leaf: UInt64) -> UInt64 { leaf }

  /// False.
  @inlinable
  public static var requiresBreakBeforeMake: Bool { false }

  /// None: every attribute can be said.
  @inlinable
  public static func unsupportedAttributes(
    in attributes: LeafAttributes
  ) -> LeafAttributes {
    .none
  }

  /// The address in the entry.
  @inlinable
  public static func tableAddress(
    in entry: UInt64, isKernel: Bool
  ) -> PhysicalAddress {
    address(in: entry, level: 2)
  }

  /// The address in the entry.
  @inlinable
  public static func leafAddress(
    in entry: UInt64, level: Int
  ) -> PhysicalAddress {
    address(in: entry, level: level)
  }

  /// The table that an entry points to.
  @inlinable
  static func table(in entry: UInt64, level: Int) -> FrameNumber {
    FrameNumber(containing: address(in: entry, level: level))
  }
}

extension PhysicalAddress {
  /// The address of the entry `count` entries further on in a table.
  @inlinable
  func advanced(byEntries count: Int) -> Self {
    self + UInt64(truncatingIfNeeded: count &* 8)
  }
}
