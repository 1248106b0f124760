// SPDX-License-Identifier: Apache-2.0

/// Entries that stand side by side in one table, none of which points to a
/// table; or a stretch for which there are none.
@frozen
@usableFromInline
struct EntryRun: BitwiseCopyable {
  /// What the first entry maps, or would.
  @usableFromInline let start: VirtualAddress
  /// Where the first entry is.
  @usableFromInline let first: PhysicalAddress
  /// How many there are; 0 if nothing can be mapped in the stretch.
  @usableFromInline let count: Int
  /// The level of the table.
  @usableFromInline let level: Int
  /// The binary logarithm of the bytes that an entry maps.
  @usableFromInline let shift: UInt64
  /// How many bytes from the start on are dealt with by the run.
  @usableFromInline let size: UInt64
  /// Whether no entry maps more than what was asked for.
  @usableFromInline let isWhole: Bool

  @inlinable
  init(
    start: VirtualAddress, first: PhysicalAddress, count: Int, level: Int,
    shift: UInt64, size: UInt64, isWhole: Bool
  ) {
    self.start = start
    self.first = first
    self.count = count
    self.level = level
    self.shift = shift
    self.size = size
    self.isWhole = isWhole
  }

  @inlinable
  func slot(_ index: Int) -> PhysicalAddress {
    first.advanced(byEntries: index)
  }

  /// What the entry maps, or would.
  @inlinable
  func address(_ index: Int) -> VirtualAddress {
    start + UInt64(truncatingIfNeeded: index) &<< shift
  }
}

extension AddressSpace {
  /// What one table says of the `left` bytes from `at` on: the pages of a table
  /// of level 1, one large leaf, or nothing.
  ///
  /// The caller is in a read section.
  ///
  /// - Precondition: `left > 0`
  @inlinable
  @inline(never)
  func entries(
    at: VirtualAddress, left: UInt64
  ) throws(P.Interruption) -> EntryRun {
    entries(at: at, left: left, in: try find(at, level: 1))
  }

  /// What the table of `place`, where a descent to `at` ended, says.
  @inlinable
  @inline(__always)
  func entries(
    at: VirtualAddress, left: UInt64, in place: Place
  ) -> EntryRun {
    let level = place.level
    if level == 1 {
      let count = Self.entriesCovered(at: at, size: left, level: 1)
      return EntryRun(
        start: at, first: place.slot, count: count, level: 1,
        shift: FrameNumber.shift, size: Format.size(of: count, level: 1),
        isWhole: true)
    }
    let shift = Format.spanShift(of: level)
    let span = 1 &<< shift as UInt64
    let inside = at.rawValue & (span &- 1)
    return EntryRun(
      start: at.alignedDown(to: span), first: place.slot,
      count: Format.isPresent(place.entry) ? 1 : 0, level: level, shift: shift,
      size: min(left, span &- inside),
      isWhole: inside == 0 && span <= left)
  }
}
