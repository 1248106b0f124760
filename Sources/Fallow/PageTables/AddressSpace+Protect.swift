// SPDX-License-Identifier: Apache-2.0

extension AddressSpace {
  /// Sets and clears attributes of every leaf in `range`; where nothing is
  /// mapped, nothing happens.
  ///
  /// Bits of a leaf for which ``LeafAttributes`` has no name stay as they are,
  /// and what walkers record meanwhile is not lost. A memory type replaces the
  /// other. The CPUs have flushed the range when it returns; a device that
  /// shares the space may still use the old leaves.
  ///
  /// - Parameters:
  ///   - range: Whole pages of this half.
  ///   - setting: What each leaf has afterwards.
  ///   - clearing: What no leaf has afterwards, unless it is in `setting`.
  ///   - revoked: Gains what at least one leaf lost, in the sense that a walker
  ///     which still holds the old leaf would do wrong: a right
  ///     (``LeafAttributes/unreadable`` stands for the right to load), accessed
  ///     or dirty, global; and a memory type that came or went.
  /// - Returns: Why it is refused, or nil; then nothing has changed. Beside
  ///   invalid arguments, these are a larger leaf that reaches out of the range,
  ///   and, where the architecture demands break-before-make, a change of memory
  ///   type or of global.
  /// - Complexity: O(pages), each table visited once, or twice where a leaf can
  ///   refuse the change.
  @inlinable
  package func protect(
    _ range: VirtualRange, setting: LeafAttributes = .none,
    clearing: LeafAttributes = .none, revoked: inout LeafAttributes
  ) throws(P.Interruption) -> MapError? {
    if let error = refusal(of: range) { return error }
    if let error = refusal(of: setting, at: range.start) { return error }
    let change = LeafChange(setting: granted(setting), clearing: clearing)
    if range.size == FrameNumber.size,
      !change.dependsOnLeaves(of: Format.self),
      try protectInPlace(range, change: change, revoked: &revoked)
    {
      return nil
    }
    return try protectValid(range, change: change, revoked: &revoked)
  }

  /// ``protect(_:setting:clearing:revoked:)`` for a caller that is out of line
  /// and whose attributes are no constants: only the path of one page is inlined.
  @inlinable
  @inline(__always)
  package func protectPageOrRange(
    _ range: VirtualRange, setting: LeafAttributes, clearing: LeafAttributes,
    revoked: inout LeafAttributes
  ) throws(P.Interruption) -> MapError? {
    let change = LeafChange(
      setting: grantedInline(setting), clearing: clearing)
    // One condition has every check of what the caller hands in.
    if range.size == FrameNumber.size, Self.addresses.contains(range.start),
      range.start.rawValue & (FrameNumber.size &- 1) == 0,
      supports(setting), !change.dependsOnLeaves(of: Format.self),
      try protectInPlace(range, change: change, revoked: &revoked)
    {
      return nil
    }
    return try protectGenerally(range, change: change, revoked: &revoked)
  }

  /// Changes any range, or refuses it.
  @inlinable
  @inline(never)
  func protectGenerally(
    _ range: VirtualRange, change: LeafChange, revoked: inout LeafAttributes
  ) throws(P.Interruption) -> MapError? {
    if let error = refusal(of: range) { return error }
    if let error = refusal(of: change.setting, at: range.start) { return error }
    return try protectValid(range, change: change, revoked: &revoked)
  }

  /// Changes a range of whole pages of this half, unless a leaf in it refuses.
  @inlinable
  @inline(never)
  func protectValid(
    _ range: VirtualRange, change: LeafChange, revoked: inout LeafAttributes
  ) throws(P.Interruption) -> MapError? {
    let dependsOnLeaves = change.dependsOnLeaves(of: Format.self)
    // In one table of pages, the first descent finds out.
    if dependsOnLeaves || !Self.isInOneTable(range),
      let error = try partialLeaf(in: range)
    {
      return error
    }
    if dependsOnLeaves, let error = try refusal(of: change, in: range) {
      return error
    }
    return try protectRange(range, change: change, revoked: &revoked)
  }

  /// Changes one page in a linked table; false if there is no such table, or a
  /// walker wrote into the leaf meanwhile: then nothing has changed.
  @inlinable
  @inline(__always)
  func protectInPlace(
    _ page: VirtualRange, change: LeafChange, revoked: inout LeafAttributes
  ) throws(P.Interruption) -> Bool {
    guard Self.hasShortPaths else { return false }
    try platform.enterReadSection()
    let place = try descend(to: page.start, level: 1)
    guard place.level == 1, Format.isPresent(place.entry) else {
      try platform.leaveReadSection()
      return place.level == 1
    }
    let (flips, lost) = change.flips(
      in: place.entry, level: 1, of: Format.self)
    let found = try platform.compareExchange(
      place.slot, expected: place.entry, desired: place.entry ^ flips)
    try platform.leaveReadSection()
    guard found == place.entry else { return false }
    revoked.insert(lost)
    if flips != 0 { try platform.flush(page, of: ownRoot, .leaves) }
    return true
  }

  /// Refuses the change if a leaf in `range` does.
  @inlinable
  @inline(never)
  func refusal(
    of change: LeafChange, in range: VirtualRange
  ) throws(P.Interruption) -> MapError? {
    var check = ChangeCheck<Format>(change)
    try walkValid(range, visiting: &check)
    return check.refusal
  }

  /// Changes any range, a table at a time, unless its first leaf reaches out of
  /// it.
  ///
  /// No other leaf does: that was checked before.
  @inlinable
  @inline(never)
  func protectRange(
    _ range: VirtualRange, change: LeafChange, revoked: inout LeafAttributes
  ) throws(P.Interruption) -> MapError? {
    var hasChanged = false
    var lost = LeafAttributes.none
    // Leaves mostly say one of two things: what the last ones said, and what to
    // flip in them.
    var pattern: UInt64 = 0
    var flips: UInt64 = 0
    var olderPattern: UInt64 = 0
    var olderFlips: UInt64 = 0
    var done: UInt64 = 0
    while done < range.size {
      try platform.enterReadSection()
      let at = range.start + done
      let run = entries(
        at: at, left: range.size &- done, in: try descend(to: at, level: 1))
      if !run.isWhole && run.count > 0 {
        try platform.leaveReadSection()
        return MapError(.partialLeaf, at: range.start, level: run.level)
      }
      let mask = Format.attributeMask(level: run.level)
      let end = run.slot(run.count)
      var slot = run.first
      while true {
        slot = try flip(
          flips, from: slot, to: end, where: pattern, mask: mask)
        if slot == end { break }
        let entry = try platform.load(slot)
        guard Format.isPresent(entry) else {
          slot = slot.advanced(byEntries: 1)
          continue
        }
        let said = entry & mask
        if said == olderPattern {
          swap(&pattern, &olderPattern)
          swap(&flips, &olderFlips)
          continue
        }
        let next = change.flips(in: entry, level: run.level, of: Format.self)
        olderPattern = pattern
        olderFlips = flips
        pattern = said
        flips = next.bits
        lost.insert(next.revoked)
        hasChanged = hasChanged || flips != 0
      }
      try platform.leaveReadSection()
      // What a large leaf says means something else on another level.
      if run.level > 1 {
        pattern = 0
        olderPattern = 0
      }
      done &+= run.size
    }
    revoked.insert(lost)
    // Guard: flush-after-narrowing
    if hasChanged {
      try platform.flush(range, of: ownRoot(for: range.start), .leaves)
    }
    return nil
  }

  /// Flips the bits `flips` in the leaves from `slot` on, up to the first that
  /// does not say `pattern`, and returns where that is, or `end`.
  ///
  /// - Parameters:
  ///   - flips: The bits; none if the leaves stay as they are.
  ///   - slot: The entry of the first leaf.
  ///   - end: The entry after the last.
  ///   - pattern: What the leaves say in `mask`; 0 for no leaf.
  ///   - mask: The bits beside a leaf's address.
  @inlinable
  @inline(__always)
  func flip(
    _ flips: UInt64, from slot: PhysicalAddress, to end: PhysicalAddress,
    where pattern: UInt64, mask: UInt64
  ) throws(P.Interruption) -> PhysicalAddress {
    var slot = slot
    if pattern == 0 { return slot }
    if flips == 0 {
      while slot != end, try platform.load(slot) & mask == pattern {
        slot = slot.advanced(byEntries: 1)
      }
      return slot
    }
    while slot != end {
      var old: UInt64
      repeat {
        try platform.attempt()
        old = try platform.load(slot)
        if old & mask != pattern { return slot }
      } while try platform.compareExchange(
        slot, expected: old, desired: old ^ flips) != old
      slot = slot.advanced(byEntries: 1)
    }
    return slot
  }
}

/// Looks for a leaf that refuses a change.
@frozen
@usableFromInline
struct ChangeCheck<Format: PageTableFormat>: LeafVisitor {
  @usableFromInline let change: LeafChange
  /// Why the first such leaf refuses it.
  @usableFromInline var refusal: MapError?

  @inlinable
  init(_ change: LeafChange) { self.change = change }

  @inlinable
  mutating func visit(_ entry: UInt64, level: Int, at address: VirtualAddress) {
    if refusal == nil {
      refusal = change.refusal(
        in: entry, level: level, at: address, of: Format.self)
    }
  }
}
