extension AddressSpace {
  /// Gives every leaf in `range` new attributes; where nothing is mapped,
  /// nothing happens.
  ///
  /// What walkers recorded in a leaf, accessed and dirty, stays as it is and is
  /// not lost; those two of `attributes` are added to it. The CPUs have
  /// flushed the range when it returns.
  ///
  /// - Precondition: The range is made of whole pages and lies in this half.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func protect(
    _ range: VirtualRange, attributes: LeafAttributes
  ) throws(P.Interruption) -> ProtectOutcome {
    try protect(
      range, setting: attributes,
      clearing: LeafAttributes.all.subtracting(attributes | .walkerWritten))
  }

  /// Sets and clears attributes of every leaf in `range`; where nothing is
  /// mapped, nothing happens.
  ///
  /// What walkers record in a leaf meanwhile is not lost. The CPUs have flushed
  /// the range when it returns.
  ///
  /// - Precondition: The range is made of whole pages and lies in this half.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func protect(
    _ range: VirtualRange, setting: LeafAttributes,
    clearing: LeafAttributes = .none
  ) throws(P.Interruption) -> ProtectOutcome {
    checkHalf(range)
    let refused = Format.inexpressible(in: setting)
    guard refused == .none else { return .inexpressible(refused) }
    let change = LeafChange(setting: setting, clearing: clearing)
    if range.size == FrameNumber.size,
      try protectInPlace(range, change: change)
    {
      return .protected
    }
    return try protectRange(range, change: change)
  }

  /// Changes one page in a linked table; false if there is no such table, the
  /// architecture forbids the change, or a walker wrote into the leaf
  /// meanwhile: then nothing has changed.
  @inlinable
  func protectInPlace(
    _ page: VirtualRange, change: LeafChange
  ) throws(P.Interruption) -> Bool {
    try platform.enterReadSection()
    let place = try descend(to: page.start, level: 1)
    guard place.level == 1 else {
      try platform.leaveReadSection()
      return false
    }
    guard Format.isPresent(place.entry) else {
      try platform.leaveReadSection()
      return true
    }
    guard
      let flips = change.flips(in: place.entry, level: 1, of: Format.self),
      try platform.compareExchange(
        place.slot, expected: place.entry, desired: place.entry ^ flips.bits)
        == place.entry
    else {
      try platform.leaveReadSection()
      return false
    }
    try platform.leaveReadSection()
    if flips.bits != 0 { try platform.flush(page, of: ownRoot, .leaves) }
    return true
  }

  /// Changes any range, a table at a time.
  @inlinable
  @inline(never)
  func protectRange(
    _ range: VirtualRange, change: LeafChange
  ) throws(P.Interruption) -> ProtectOutcome {
    var outcome = ProtectOutcome.protected
    var hasChanged = false
    // Leaves mostly agree: what the last one said, and what to flip in it.
    var pattern: UInt64 = 0
    var flips: UInt64 = 0
    var done: UInt64 = 0
    while done < range.size, outcome == .protected {
      let at = range.start + done
      try platform.enterReadSection()
      let run = try entries(at: at, left: range.size &- done)
      var index = 0
      while true {
        index = try flip(flips, in: run, from: index, where: pattern)
        if index == run.count { break }
        let entry = try platform.load(run.slot(index))
        guard Format.isPresent(entry) else {
          index &+= 1
          continue
        }
        guard run.isWhole else {
          outcome = .partialLeaf(at)
          break
        }
        guard
          let next = change.flips(
            in: entry, level: run.level, of: Format.self)
        else {
          outcome = .demandsBreak(run.address(index))
          break
        }
        pattern = entry & Format.attributeMask(level: run.level)
        flips = next.bits
        hasChanged = hasChanged || flips != 0
      }
      try platform.leaveReadSection()
      // What a large leaf says means something else on another level.
      if run.level > 1 { pattern = 0 }
      done &+= run.size
    }
    if hasChanged { try platform.flush(range, of: ownRoot, .leaves) }
    return outcome
  }

  /// Flips the bits `flips` in the leaves of a run from `index` on, up to the
  /// first that does not say `pattern`, and returns where that is.
  ///
  /// - Parameter pattern: What the leaves say beside their address; 0 for no
  ///   leaf.
  @inlinable
  @inline(__always)
  func flip(
    _ flips: UInt64, in run: EntryRun, from index: Int, where pattern: UInt64
  ) throws(P.Interruption) -> Int {
    let mask = Format.attributeMask(level: run.level)
    var index = index
    while index < run.count, pattern != 0 {
      try platform.attempt()
      let slot = run.slot(index)
      let old = try platform.load(slot)
      if old & mask != pattern { break }
      if try platform.compareExchange(
        slot, expected: old, desired: old ^ flips) == old
      {
        index &+= 1
      }
    }
    return index
  }
}

/// How a change of attributes ended.
@frozen
public enum ProtectOutcome: Equatable, BitwiseCopyable, Sendable {
  /// Every leaf in the range has the attributes.
  case protected
  /// A leaf at the address reaches out of the range; all before it have the
  /// attributes. Split it first.
  case partialLeaf(VirtualAddress)
  /// The architecture forbids to change the memory type of a leaf at the
  /// address while it is present; all before it have the attributes. Unmap it
  /// and map it again.
  case demandsBreak(VirtualAddress)
  /// The format cannot say these attributes; nothing has changed.
  case inexpressible(LeafAttributes)
}
