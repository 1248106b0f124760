// SPDX-License-Identifier: Apache-2.0

/// A table that is made and that no entry points to.
///
/// **Guarantee.** It is zeroed or filled, and its descriptor is complete, the
/// kernel mark included, before it can be linked: there is no other way to
/// make a table. Since nothing ever pointed to it, it may be released without
/// asking a walker.
@frozen
public struct ConstructedTable<P: Platform, Half: AddressHalf>: ~Copyable {
  @usableFromInline let platform: P
  @usableFromInline var frame: FrameNumber

  @inlinable
  init(_ platform: P, _ frame: FrameNumber) {
    self.platform = platform
    self.frame = frame
  }

  @inlinable
  deinit {
    if frame != .none { platform.dropped(.constructedTable, holding: frame) }
  }

  /// Takes the frame out of the token, and the platform with it: Swift 6.3.1
  /// does not compile, optimized, a function that reads one before it takes the
  /// other.
  @inlinable
  consuming func take() -> (platform: P, frame: FrameNumber) {
    let taken = (platform, frame)
    frame = .none
    return taken
  }

  /// Makes a table of 2^`order` frames with `entries` entries in each, all
  /// zero, or returns nil if there are no frames.
  ///
  /// The mail: the allocator "should ideally set it" (the mark) "at
  /// allocation". Here that is the only place.
  ///
  /// - Parameters:
  ///   - platform: The machine that has the frames.
  ///   - level: The level of the table; 1 holds the smallest leaves.
  ///   - entries: The number of entries in a frame.
  ///   - order: The binary logarithm of the number of frames.
  /// - Returns: The table; nil if there are no frames.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Complexity: O(entries)
  @inlinable
  public static func make(
    on platform: P, level: Int, entries: Int, order: Int = 0
  ) throws(P.Interruption) -> Self? {
    let block = try platform.allocate(order: order)
    if block == .none { return nil }
    return try make(
      of: block, on: platform, level: level, order: order,
      entries: entries &<< order)
  }

  /// Makes a table of a block that the caller took: so many entries, all zero.
  @inlinable
  static func make(
    of frame: FrameNumber, on platform: P, level: Int, order: Int = 0,
    entries: Int
  ) throws(P.Interruption) -> Self {
    try make(
      of: frame, on: platform, level: level, order: order, entries: entries,
      from: 0, leaves: LeafRun.none)
  }

  /// Makes a table of a block that the caller took: so many entries, of which
  /// those from `index` on are `leaves`, and the others zero.
  @inlinable
  @inline(__always)
  static func make<Leaves: LeafSequence>(
    of frame: FrameNumber, on platform: P, level: Int, order: Int = 0,
    entries: Int, from index: Int, leaves: Leaves
  ) throws(P.Interruption) -> Self {
    try platform.construct(
      frame, isKernel: Half.isKernel, level: level, order: order,
      entries: entries, from: index, leaves: leaves)
    return Self(platform, frame)
  }

  /// The same, inlined.
  @inlinable
  @inline(__always)
  static func makeInline<Leaves: LeafSequence>(
    of frame: FrameNumber, on platform: P, level: Int, order: Int = 0,
    entries: Int, from index: Int, leaves: Leaves
  ) throws(P.Interruption) -> Self {
    try platform.constructInline(
      frame, isKernel: Half.isKernel, level: level, order: order,
      entries: entries, from: index, leaves: leaves)
    return Self(platform, frame)
  }

  /// Gives back a table that was never linked: someone else's was linked
  /// first.
  ///
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  @inlinable
  public consuming func release() throws(P.Interruption) {
    let (platform, frame) = take()
    let order = try platform.typeWord(of: frame).order
    try platform.move(frame, from: .constructed, to: .released)
    try platform.free(frame, order: order)
  }

  /// Lets a table that was never linked take the way of one that was.
  ///
  /// - Returns: The table, as a list of one.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  @inlinable
  public consuming func unlinked() throws(P.Interruption) -> UnlinkedTables<
    P, Half
  > {
    let (platform, frame) = take()
    try platform.move(
      frame, isKernel: Half.isKernel, from: .constructed, to: .unlinked)
    try platform.setLink(.none, of: frame)
    return UnlinkedTables(platform, head: frame, tail: frame)
  }
}

extension ConstructedTable {
  /// Makes `slot` point to the table if it still is `old`.
  ///
  /// The link is the last access of the construction: from then on others may
  /// come upon the table.
  ///
  /// - Returns: Nil if the table is linked. Else the table, which never was;
  ///   `found` is what someone else wrote into the slot.
  @inlinable
  @inline(never)
  consuming func link(
    at slot: PhysicalAddress, entry: UInt64, replacing old: UInt64 = 0,
    found: inout UInt64
  ) throws(P.Interruption) -> Self? {
    let (platform, frame) = take()
    // Guard: complete-before-linked
    try platform.move(frame, from: .constructed, to: .linked)
    // Guard: link-only-over-nothing
    found = try platform.compareExchange(slot, expected: old, desired: entry)
    // Guard: complete-before-linked.complete
    if found == old { return nil }
    try platform.move(frame, from: .linked, to: .constructed)
    return Self(platform, frame)
  }

  /// Makes the table the root of an address space: a register or a device's
  /// structure will point to it, not an entry.
  @inlinable
  consuming func root() throws(P.Interruption) -> FrameNumber {
    let (platform, frame) = take()
    try platform.move(frame, from: .constructed, to: .linked)
    // Nobody shares it yet.
    try platform.store(0, to: .binding, of: frame)
    return frame
  }
}

extension Platform {
  /// Writes the descriptor and the entries of a table: those from `index` on are
  /// `leaves`, and the others zero.
  ///
  /// The half is no type here: one function serves both.
  @inlinable
  @inline(never)
  func construct<Leaves: LeafSequence>(
    _ frame: FrameNumber, isKernel: Bool, level: Int, order: Int, entries: Int,
    from index: Int, leaves: Leaves
  ) throws(Interruption) {
    try constructInline(
      frame, isKernel: isKernel, level: level, order: order, entries: entries,
      from: index, leaves: leaves)
  }

  /// The same, inlined: where level and order are constants it takes half the
  /// instructions.
  @inlinable
  @inline(__always)
  func constructInline<Leaves: LeafSequence>(
    _ frame: FrameNumber, isKernel: Bool, level: Int, order: Int, entries: Int,
    from index: Int, leaves: Leaves
  ) throws(Interruption) {
    let start = frame.address
    let end = index &+ leaves.count
    let before = try typeWord(of: frame)
    if before.isFree { try fault(.alreadyFree, at: frame) }
    let word = TypeWord.table(isKernel: isKernel, level: level, order: order)
    try setTypeWord(word.inZone(of: before), of: frame)
    try store(0, to: .entryCount, of: frame)
    let isZero = before.isZeroForTable
    if index > 0 && !isZero { try zero(start, count: index) }
    if leaves.count > 0 {
      try leaves.write(to: start.advanced(byEntries: index), on: self)
    }
    if end < entries && !isZero {
      // Guard: emptied-before-linked
      try zero(start.advanced(byEntries: end), count: entries &- end)
    }
    // Not before: LLVM 19 compiles a last `memset` of a function that can throw
    // to a jump, and does not restore the register of the error.
    try count(1, at: .account(.constructed))
  }
}
