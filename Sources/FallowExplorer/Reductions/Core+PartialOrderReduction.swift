// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// IOMMUs whose steps are merged with those of the actor that deals with them.
///
/// What an IOMMU did, software learns from its waits alone, and what a walker
/// held, never. So of all times at which an IOMMU can carry a command out a few
/// are enough to meet everything that a walker can hold:
///
/// - What drops is carried out as soon as nothing is before it. What it drops
///   stays with walks under way until a wait drains it; so before that nothing
///   is lost, and after it a walker holds all that it read since, and no time
///   is longer than this. It must drop whatever is below what it drops: else
///   what is read there meanwhile would have stayed.
/// - A wait, or a PASID's entry that is forgotten, only takes away, and is put
///   off. Yet what is behind it would be carried out too late: so the actor
///   that deals with the IOMMU next finds it as it was, and also with all
///   carried out.
/// - An actor that polls a wait makes it be carried out, with what is before
///   it.
/// - An IOMMU that fails fails when it is dealt with next. What was dropped and
///   no wait drained may have been left as it was.
///
/// What a violation needs is thus found at the times that suit it. The steps
/// that lead there are found by a search in which IOMMUs take their own.
extension Core {
  /// Whether the steps of IOMMUs are merged with those of actors.
  @inline(__always)
  var mergesQueues: Bool { reductions.contains(.commands) }

  /// Lets an IOMMU have done what it can have done since someone last dealt
  /// with it: nothing, all that is queued, or have failed.
  mutating func meet(_ iommu: Int) {
    guard mergesQueues else { return }
    noteUnguarded()
    let canFail = canFail(iommu)
    switch pick((queueIsEmpty(iommu) ? 1 : 2) + (canFail ? 1 : 0)) {
    case 0: break
    case 1 where !queueIsEmpty(iommu): carryOutAll(on: iommu)
    default: fail(iommu)
    }
  }

  /// The same before an IOMMU is made to start over: what it has not carried
  /// out by now it never will.
  mutating func meetLast(_ iommu: Int) {
    guard mergesQueues, !queueIsEmpty(iommu) || isUndrained(iommu) else {
      return
    }
    if pick(2) == 1 { carryOutAll(on: iommu) }
  }

  private func canFail(_ iommu: Int) -> Bool {
    mayFailNow && (!queueIsEmpty(iommu) || isUndrained(iommu))
  }

  private mutating func carryOutAll(on iommu: Int) {
    walkBeforeCommands()
    while !queueIsEmpty(iommu) { carryOutAndWalk(on: iommu) }
    setUndrained(iommu, false)
  }

  /// Carries out what can be carried out without delay.
  mutating func advance(_ iommu: Int) {
    guard mergesQueues else { return }
    walkBeforeCommands()
    while isWithoutDelay(descriptor(0, on: iommu), on: iommu) {
      carryOutAndWalk(on: iommu)
    }
  }

  /// Carries out what a pending ticket waits for, unless the IOMMU fails.
  mutating func answer(_ ticket: Int, on iommu: Int) {
    if mayFailNow, pick(2) == 1 { return fail(iommu) }
    while self.ticket(ticket, on: iommu) == .pending {
      carryOutAndWalk(on: iommu)
    }
    advance(iommu)
  }

  /// Whether an IOMMU has to take steps of its own: no one time suits a
  /// command of its queue.
  func hasOwnStep(_ iommu: Int) -> Bool {
    if !mergesQueues { return nextDescriptor(on: iommu).kind != .none }
    return (0..<queueCount(iommu)).contains {
      isOwnStep(descriptor($0, on: iommu), on: iommu)
    }
  }

  /// An IOMMU's own step: one command, or all up to the first that no one time
  /// suits.
  mutating func takeOwnStep(on iommu: Int) {
    guard mergesQueues else { return carryOutNext(on: iommu) }
    var isDone = false
    // What comes before it can make any time suit it.
    while !isDone && hasOwnStep(iommu) {
      isDone = isOwnStep(descriptor(0, on: iommu), on: iommu)
      carryOutAndWalk(on: iommu)
    }
    advance(iommu)
  }

  /// Puts back what was dropped and not drained, as if it had not been; the
  /// next ticket is void if no wait is behind it.
  mutating func undoUndrained(on iommu: Int) {
    guard mergesQueues, !queueIsEmpty(iommu) || isUndrained(iommu) else {
      return
    }
    if isUndrained(iommu), !forgetsFailures { setVoid(iommu) }
    setUndrained(iommu, false)
    treeChanged = true
    for pasid in 0..<layout.roots {
      restoreDropped(of: layout.walker(iommu: iommu, pasid: pasid))
      if layout.hasDeviceTLBs {
        restoreDropped(of: layout.deviceTLB(iommu: iommu, pasid: pasid))
      }
    }
  }

  private func restoreDropped(of walker: Int) {
    let set = layout.set(of: walker, old: false)
    let old = layout.set(of: walker, old: true)
    for index in 0..<layout.setWords {
      cells.setBits(cells[old + index], at: set + index)
    }
    restoreRights(of: walker)
    clear(walker, old: true)
  }

  /// Takes notice of an entry that became present in a table which only walks
  /// under way still read: had the command come later, a device would have
  /// been answered from there.
  mutating func entryAppeared(in frame: Int) {
    guard mergesQueues, layout.hasDeviceTLBs else { return }
    var places = places(of: frame)
    while places != 0 {
      let byte = tableByte(places.trailingZeroBitCount + 1)
      places &= places - 1
      for walker in 1...(layout.iommus * layout.roots) {
        let held = cells[layout.set(of: walker, old: false), byte: byte]
        let used = cells[layout.set(of: walker, old: true), byte: byte]
        if used & ~held & 1 << UInt8(frame) != 0 { meet(.entryBehindWalk) }
      }
    }
  }

  /// Whether commands were carried out that no wait is behind, so that a
  /// failure would make the next ticket void.
  func isUndrained(_ iommu: Int) -> Bool {
    cells[Layout.flags] >> UInt64(16 + iommu) & 1 != 0
  }

  func setUndrained(_ iommu: Int, _ isUndrained: Bool) {
    let bit: UInt64 = 1 << UInt64(16 + iommu)
    cells[Layout.flags] =
      isUndrained ? cells[Layout.flags] | bit : cells[Layout.flags] & ~bit
  }

  private func queueIsEmpty(_ iommu: Int) -> Bool {
    descriptor(0, on: iommu).kind == .none
  }

  /// Lets walkers read what the turn wrote before a command comes that drops it:
  /// a device may have been answered from there.
  private func walkBeforeCommands() {
    if layout.hasDeviceTLBs && treeChanged { walkEverywhere() }
  }

  /// What was read before a command is dropped by it, what is read before the
  /// next is not: walkers hold all that they can in between.
  private mutating func carryOutAndWalk(on iommu: Int) {
    let kind = descriptor(0, on: iommu).kind
    carryOutNext(on: iommu)
    walkEverywhere()
    setUndrained(iommu, kind != .wait && queueIsEmpty(iommu))
  }

  private func isWithoutDelay(
    _ command: QueueDescriptor, on iommu: Int
  ) -> Bool {
    switch command.kind {
    case .none, .wait, .invalid, .order: false
    case .otherStage, .deviceRange: true
    case .pasid: !rules.namedSpaceSparesGlobals
    case .pasidEntry: !forgets(command.pasid, on: iommu)
    case .range, .everything: !isOwnStep(command, on: iommu)
    }
  }

  private func isOwnStep(_ command: QueueDescriptor, on iommu: Int) -> Bool {
    switch command.kind {
    case .range:
      !dropsWhatIsBelow(command) || rules.namedRangeSparesGlobals
    case .pasid: rules.namedSpaceSparesGlobals
    case .everything:
      (0..<layout.roots).contains { forgets($0, on: iommu) }
    case .none, .otherStage, .deviceRange, .pasidEntry, .wait, .invalid,
      .order:
      false
    }
  }

  /// Whether there is an entry of a PASID that the PASID cache may hold and
  /// would not read again.
  private func forgets(_ pasid: Int, on iommu: Int) -> Bool {
    let bit: UInt64 = 1 << UInt64(iommu * layout.roots + pasid)
    return isLive(pasid, on: iommu) && cells[Layout.livePASIDs] & bit << 32 == 0
  }

  /// Whether a command that drops a pointer to a table drops what is cached of
  /// all that the table covers.
  private func dropsWhatIsBelow(_ command: QueueDescriptor) -> Bool {
    let tables = dropOfTables(command)
    return (1...layout.tablePlaces).allSatisfy { place in
      guard covers(command.pages, place, tables) else { return true }
      return (0..<layout.entriesPerTable).allSatisfy { index in
        let below = layout.child(of: place, index)
        return covers(command.pages, below, rules.rangeDropsLeaves)
          && (below > layout.tablePlaces
            || covers(command.pages, below, tables))
      }
    }
  }
}

// MARK: Movers

extension Core {
  /// How an actor that puts something in a queue, or lets a device walk, can be
  /// moved.
  ///
  /// The earlier an IOMMU gets a command to forget, the more is read after it;
  /// and under the sharing lock nobody else deals with it meanwhile.
  func moverOfDealing(with iommu: Int) -> Mover? {
    mergesQueues && holds(.sharing) && queueIsEmpty(iommu) && !canFail(iommu)
      && !forgetsFailures && !forbidsIdleInvalidation
      ? unlessEndings(.left) : nil
  }

  /// How an actor that takes a PASID's entry away can be moved: the command
  /// comes under the same lock, and may read the entry until then.
  var moverOfLeaving: Mover? {
    mergesQueues && holds(.sharing) ? unlessEndings(.right) : nil
  }

  /// How an actor that waits can be moved; not where it may learn of a failure,
  /// since that is one of two answers.
  var moverOfWaiting: Mover? {
    mergesQueues && !mayFail ? unlessEndings(.right) : nil
  }

  /// Takes notice of who deals with an IOMMU without the sharing lock.
  mutating func noteUnguarded() {
    if reductions.contains(.movers) && !holds(.sharing) {
      meet(.unguardedQueue)
    }
  }
}
