// SPDX-License-Identifier: Apache-2.0

/// An entry that a descent reached.
@frozen
@usableFromInline
struct Place: BitwiseCopyable {
  /// The address of the entry.
  @usableFromInline let slot: PhysicalAddress
  /// The value of the entry when the descent read it.
  @usableFromInline let entry: UInt64
  /// The level of the table that holds the entry.
  @usableFromInline let level: Int
  /// The address of the entry that points to that table; the table's own
  /// address if the descent began in it.
  @usableFromInline let above: PhysicalAddress

  @inlinable
  init(
    slot: PhysicalAddress, entry: UInt64, level: Int, above: PhysicalAddress
  ) {
    self.slot = slot
    self.entry = entry
    self.level = level
    self.above = above
  }

  /// The table that holds the entry.
  @inlinable var table: FrameNumber { FrameNumber(containing: slot) }
}

/// The one walker of the library: every operation reads tables through it.
extension AddressSpace {
  /// Reads entries from the root toward `address`, until one of a table of
  /// `level`, or one that points to no table.
  ///
  /// The caller is in a read section. Where `level` is a constant, the loop is
  /// unrolled.
  ///
  /// - Parameters:
  ///   - address: The virtual address to translate.
  ///   - level: The level at which to stop: the lowest that the caller wants.
  ///   - isKernel: Whether the tables of the kernel half translate `address`: a
  ///     user root points to them too. Nil, for code that is the same for both
  ///     halves, takes an instruction more on each level.
  /// - Complexity: O(levels)
  @inlinable
  @inline(__always)
  func descend(
    to address: VirtualAddress, level: Int, isKernel: Bool? = Half.isKernel
  ) throws(P.Interruption) -> Place {
    try descend(
      to: address, level: level, from: root.address, at: Format.levels,
      above: root.address, isKernel: isKernel)
  }

  /// Reads entries toward `address` like ``descend(to:level:isKernel:)``, from
  /// `table` on, which is a table of level `top`.
  ///
  /// There are two returns so that the level of the first is a constant to the
  /// callers for which it is one.
  @inlinable
  @inline(__always)
  func descend(
    to address: VirtualAddress, level: Int, from table: PhysicalAddress,
    at top: Int, above: PhysicalAddress, isKernel: Bool? = Half.isKernel
  ) throws(P.Interruption) -> Place {
    var table = table
    var above = above
    var here = top
    while true {
      let slot = table + Format.offset(of: address, level: here)
      let entry = try platform.load(slot)
      if here == level {
        return Place(slot: slot, entry: entry, level: level, above: above)
      }
      guard Format.isTable(entry, level: here) else {
        return Place(slot: slot, entry: entry, level: here, above: above)
      }
      table =
        if let isKernel {
          Format.tableAddress(in: entry, isKernel: isKernel)
        } else {
          Format.address(in: entry, level: 2)
        }
      above = slot
      here &-= 1
    }
  }

  /// The entry that ``descend(to:level:isKernel:)`` reaches, out of line: for
  /// what is not done for each page.
  @inlinable
  @inline(__always)
  func find(
    _ address: VirtualAddress, level: Int
  ) throws(P.Interruption) -> Place {
    try find(
      address, level: level, from: root.address, at: Format.levels,
      above: root.address)
  }

  /// The entry that ``descend(to:level:from:at:above:isKernel:)`` reaches, out of
  /// line.
  @inlinable
  @inline(never)
  func find(
    _ address: VirtualAddress, level: Int, from table: PhysicalAddress,
    at top: Int, above: PhysicalAddress
  ) throws(P.Interruption) -> Place {
    try descend(
      to: address, level: level, from: table, at: top, above: above,
      isKernel: nil)
  }

  /// The highest level, at most `top`, at which one entry covers nothing but
  /// `size` bytes from an address on; at least 1.
  ///
  /// - Parameter alignment: The address, or several combined by `|`.
  @inlinable
  static func highestLevel(
    alignment: UInt64, size: UInt64, upTo top: Int
  ) -> Int {
    var level = 1
    while level < top,
      alignment & (Format.span(of: level &+ 1) &- 1) == 0,
      Format.span(of: level &+ 1) <= size
    {
      level &+= 1
    }
    return level
  }

  /// How many entries of one table of `level` the `size` bytes from `address`
  /// on need.
  @inlinable
  static func entriesCovered(
    at address: VirtualAddress, size: UInt64, level: Int
  ) -> Int {
    min(
      Format.entriesPerTable &- Format.index(of: address, level: level),
      Int(truncatingIfNeeded: size &>> Format.spanShift(of: level)))
  }

  /// Whether one table holds all pages of `range`, which is valid, and they are
  /// fewer than its entries.
  @inlinable
  @inline(__always)
  static func isInOneTable(_ range: VirtualRange) -> Bool {
    let count = Int(truncatingIfNeeded: range.size &>> FrameNumber.shift)
    return count > 0 && count < Format.entriesPerTable
      && Format.index(of: range.start, level: 1) &+ count
        <= Format.entriesPerTable
  }

  /// How many pages `range` has if it is valid, they are fewer than a table's
  /// entries, and one table holds them all; else nil.
  ///
  /// A table does not reach out of its half.
  @inlinable
  @inline(__always)
  static func pageCount(inOneTable range: VirtualRange) -> Int? {
    hasShortPaths && addresses.contains(range.start)
      && (range.start.rawValue | range.size) & (FrameNumber.size &- 1) == 0
      && isInOneTable(range)
      ? Int(truncatingIfNeeded: range.size &>> FrameNumber.shift) : nil
  }
}
