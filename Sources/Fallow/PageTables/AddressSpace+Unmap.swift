extension AddressSpace where Half == KernelHalf {
  /// Unmaps whatever is mapped in `range`, and retires the tables that this
  /// leaves empty.
  ///
  /// - Precondition: The range is made of whole pages and lies in this half.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func unmap(
    _ range: VirtualRange
  ) throws(P.Interruption) -> UnmapOutcome {
    var unlinked = UnlinkedTables<P, Half>(on: platform)
    let outcome: UnmapOutcome
    do throws(P.Interruption) {
      outcome = try unmap(range, into: &unlinked)
    } catch {
      unlinked.forget()
      throw error
    }
    try scheme.retire(unlinked)
    return outcome
  }
}

extension AddressSpace {
  /// Unmaps whatever is mapped in `range`, and adds the tables that this leaves
  /// empty to `unlinked`.
  ///
  /// The CPUs have flushed the range when it returns.
  ///
  /// - Precondition: The range is made of whole pages and lies in this half.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func unmap(
    _ range: VirtualRange, into unlinked: inout UnlinkedTables<P, Half>
  ) throws(P.Interruption) -> UnmapOutcome {
    checkHalf(range)
    var outcome = UnmapOutcome.unmapped
    var hasCleared = false
    var done: UInt64 = 0
    while done < range.size {
      let at = range.start + done
      try platform.enterReadSection()
      let step = try unmapStep(
        at: at, left: range.size &- done, into: &unlinked)
      try platform.leaveReadSection()
      hasCleared = hasCleared || step.hasCleared
      if step.size == 0 {
        outcome = .partialLeaf(at)
        break
      }
      done &+= step.size
    }
    if hasCleared { try platform.flushCPUs(range) }
    return outcome
  }

  /// Unmaps what one table says of the range from `at` on; returns how many
  /// bytes are dealt with, 0 if a leaf reaches out of the range.
  @inlinable
  func unmapStep(
    at: VirtualAddress, left: UInt64,
    into unlinked: inout UnlinkedTables<P, Half>
  ) throws(P.Interruption) -> (size: UInt64, hasCleared: Bool) {
    var table = root
    var level = Format.levels
    while true {
      let slot = Format.slot(for: at, in: table, level: level)
      let span = Format.span(of: level)
      if level == 1 { break }
      let entry = try platform.load(slot)
      if entry == 0 {
        return (min(left, span &- at.rawValue & (span &- 1)), false)
      }
      if Format.isLeaf(entry, level: level) {
        guard at.rawValue & (span &- 1) == 0 && span <= left else {
          return (0, false)
        }
        _ = try platform.exchange(0, at: slot)
        try release(1, in: table, level: level, at: at, into: &unlinked)
        return (span, true)
      }
      table = Format.table(in: entry, level: level)
      level &-= 1
    }
    let first = Format.slot(for: at, in: table, level: 1)
    let count = min(
      Format.entriesPerTable &- Format.index(of: at, level: 1),
      Int(truncatingIfNeeded: left &>> FrameNumber.shift))
    var cleared = 0
    for index in 0..<count
    where try platform.exchange(0, at: first + UInt64(index &* 8)) != 0 {
      cleared &+= 1
    }
    if cleared > 0 {
      try release(cleared, in: table, level: 1, at: at, into: &unlinked)
    }
    return (UInt64(count) &<< FrameNumber.shift, cleared > 0)
  }
}
