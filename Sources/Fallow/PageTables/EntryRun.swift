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
  func slot(_ index: Int) -> PhysicalAddress { first + UInt64(index &* 8) }

  /// What the entry maps, or would.
  @inlinable
  func address(_ index: Int) -> VirtualAddress {
    start + UInt64(index) &<< shift
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
  func entries(
    at: VirtualAddress, left: UInt64
  ) throws(P.Interruption) -> EntryRun {
    var table = root
    var level = Format.levels
    while level > 1 {
      let slot = Format.slot(for: at, in: table, level: level)
      let entry = try platform.load(slot)
      guard Format.isTable(entry, level: level) else {
        let shift = Format.spanShift(of: level)
        let span = 1 &<< shift as UInt64
        let inside = at.rawValue & (span &- 1)
        return EntryRun(
          start: at.alignedDown(to: span), first: slot,
          count: Format.isPresent(entry) ? 1 : 0, level: level, shift: shift,
          size: min(left, span &- inside),
          isWhole: inside == 0 && span <= left)
      }
      table = Format.table(in: entry, level: level)
      level &-= 1
    }
    let count = min(
      Format.entriesPerTable &- Format.index(of: at, level: 1),
      Int(truncatingIfNeeded: left &>> FrameNumber.shift))
    return EntryRun(
      start: at, first: Format.slot(for: at, in: table, level: 1),
      count: count, level: 1, shift: FrameNumber.shift,
      size: UInt64(count) &<< FrameNumber.shift, isWhole: true)
  }
}
