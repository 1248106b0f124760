// SPDX-License-Identifier: Apache-2.0

/// Leaves of one level that are to stand side by side in one table.
@usableFromInline
protocol LeafSequence: BitwiseCopyable {
  /// The first virtual address that they map.
  var start: VirtualAddress { get }
  /// The level of the table.
  var level: Int { get }
  /// How many leaves there are.
  var count: Int { get }

  /// The entry of the leaf at `index`.
  func entry(_ index: Int) -> UInt64

  /// Writes all entries into a table that no one can reach yet, from `slot` on.
  func write<P: Platform>(
    to slot: PhysicalAddress, on platform: P
  ) throws(P.Interruption)
}

extension LeafSequence {
  /// The virtual addresses that they map.
  @inlinable
  func range<Format: PageTableFormat>(of format: Format.Type) -> VirtualRange {
    VirtualRange(start: start, size: Format.size(of: count, level: level))
  }
}

/// Leaves that map memory which lies side by side too.
@frozen
@usableFromInline
struct LeafRun: LeafSequence {
  @usableFromInline let start: VirtualAddress
  @usableFromInline let level: Int
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

  /// No leaves.
  @inlinable
  static var none: Self {
    Self(
      start: VirtualAddress(0), level: 1, count: 0, firstEntry: 0, step: 0)
  }

  @inlinable
  func entry(_ index: Int) -> UInt64 {
    firstEntry &+ UInt64(truncatingIfNeeded: index) &* step
  }

  @inlinable
  func write<P: Platform>(
    to slot: PhysicalAddress, on platform: P
  ) throws(P.Interruption) {
    try platform.fill(slot, count: count, first: firstEntry, step: step)
  }
}

/// Pages that map frames which lie anywhere.
///
/// It is a view: the caller keeps the list of frames alive.
@frozen
@usableFromInline
@safe
struct PageList<Format: PageTableFormat>: LeafSequence {
  @usableFromInline let start: VirtualAddress
  @usableFromInline let count: Int
  @usableFromInline let attributes: LeafAttributes
  /// The frame of the first page; those of the others follow.
  @usableFromInline let frames: UnsafePointer<FrameNumber>

  @inlinable
  @unsafe
  init(
    start: VirtualAddress, count: Int, attributes: LeafAttributes,
    frames: UnsafePointer<FrameNumber>
  ) {
    self.start = start
    self.count = count
    self.attributes = attributes
    unsafe self.frames = frames
  }

  @inlinable var level: Int { 1 }

  @inlinable
  @inline(__always)
  func entry(_ index: Int) -> UInt64 {
    Format.leafEntry(
      mapping: unsafe frames[index].address, level: 1, attributes: attributes)
  }

  @inlinable
  func write<P: Platform>(
    to slot: PhysicalAddress, on platform: P
  ) throws(P.Interruption) {
    try platform.fill(slot, count: count) { entry($0) }
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
