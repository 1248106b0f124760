/// Leaves of one level that lie side by side in one table.
@frozen
@usableFromInline
struct LeafRun: BitwiseCopyable {
  /// The first virtual address that they map.
  @usableFromInline let start: VirtualAddress
  /// The level of the table.
  @usableFromInline let level: Int
  /// How many leaves there are.
  @usableFromInline let count: Int
  /// The entry of the first leaf.
  @usableFromInline let firstEntry: UInt64
  /// What to add to an entry for the one that follows it.
  @usableFromInline let step: UInt64

  @inlinable
  init(
    start: VirtualAddress, level: Int, count: Int, firstEntry: UInt64,
    step: UInt64
  ) {
    self.start = start
    self.level = level
    self.count = count
    self.firstEntry = firstEntry
    self.step = step
  }

  /// The virtual addresses that they map.
  @inlinable
  func range<Format: PageTableFormat>(of format: Format.Type) -> VirtualRange {
    VirtualRange(start: start, size: Format.size(of: count, level: level))
  }

  /// The entry of the leaf at `index`.
  @inlinable
  func entry(_ index: Int) -> UInt64 {
    firstEntry &+ UInt64(truncatingIfNeeded: index) &* step
  }
}

/// What became of a run of leaves that was to be written into a linked table.
@frozen
@usableFromInline
enum RunOutcome: BitwiseCopyable {
  /// Nothing has changed.
  case notMapped
  /// The leaves are written.
  case mapped
  /// The leaves are written, and every entry of their table is in use.
  case tableIsFull
}
