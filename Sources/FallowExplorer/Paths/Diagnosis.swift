// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Says more exactly why a walker still held a frame, from the history.
struct Diagnosis {
  /// Where a walker holds the frame at the end.
  struct Holding {
    var walker: Int
    var isOld: Bool
    var place: Int
    var isLeaf: Bool
  }

  let replay: ReplayedSteps
  private var layout: Layout { replay.layout }

  private func byte(_ place: Int, isLeaf: Bool) -> Int {
    isLeaf ? layout.tablePlaces + place - 1 : place - 1
  }

  /// The first place where a walker holds the frame; a set of what is cached
  /// comes before one of walks under way.
  var holding: Holding? {
    let last = replay.states.count - 1
    for isOld in [false, true] {
      for isLeaf in [false, true] {
        for walker in 0..<layout.walkers {
          let set = layout.set(of: walker, old: isOld)
          for place in 1...layout.places
          where isLeaf || place <= layout.tablePlaces {
            if replay.holds(
              replay.frame, set, byte: byte(place, isLeaf: isLeaf), in: last),
              replay.isFree(replay.frame, in: last)
                || !isLeaf
                  && !replay.isLinked(replay.frame, at: place, in: last)
            {
              return Holding(
                walker: walker, isOld: isOld, place: place, isLeaf: isLeaf)
            }
          }
        }
      }
    }
    return nil
  }

  /// Which IOMMU and PASID a walker is; nil for the CPUs.
  func unit(_ walker: Int) -> (iommu: Int, pasid: Int, isDevice: Bool)? {
    guard !layout.isCPU(walker) else { return nil }
    let count = layout.iommus * layout.roots
    let index = (walker - 1) % count
    return (index / layout.roots, index % layout.roots, walker > count)
  }

  /// The step after which no entry pointed to the frame any more.
  var unlinked: Int? {
    replay.steps.indices.last { step in
      replay.changes(at: step).contains {
        replay.table(in: $0.old) == replay.frame
      }
    }
  }

  /// The oracle that names the cause.
  var oracle: Oracle {
    guard replay.violation == .heldAtRelease, let holding,
      let unit = unit(holding.walker), let unlinked
    else { return replay.violation }
    if holding.isOld { return .walkInFlight }
    var isAsked = false
    var isPending = false
    for (index, step) in replay.steps.enumerated() where index > unlinked {
      if step.action.kind == .failure, step.action.actor == unit.iommu {
        return .failureIgnored
      }
      if step.access == .submit && step.target == unit.iommu
        || step.access == .storeRegister && replay.ringsBell(at: index)
      {
        isAsked = true
        isPending = true
      }
      if step.action.kind == .carryOut, step.action.actor == unit.iommu {
        let state = replay.states[index + 1]
        isPending =
          layout.readsMemory
          ? layout.fetched { state[$0] }.kind != .none
          : state[layout.queues + unit.iommu * Layout.queueWords] != 0
      }
    }
    if !isAsked { return .invalidationSkipped }
    if wasInMemory(after: unlinked) { return .notWrittenBack }
    return isPending ? .releasedBeforeCompletion : .invalidationTooNarrow
  }

  /// Whether memory held, when an IOMMU was asked after step `unlinked`, an
  /// entry that leads to the frame.
  private func wasInMemory(after unlinked: Int) -> Bool {
    guard !layout.iommusSnoop else { return false }
    return replay.steps.indices.contains { index in
      let step = replay.steps[index]
      return index > unlinked
        && (step.access == .submit || step.action.kind == .carryOut)
        && (layout.inMemory..<layout.fields).contains {
          replay.table(in: replay.states[index + 1][$0]) == replay.frame
        }
    }
  }

  /// The steps of a walker that make the held entry a real one, each with the
  /// number of the step it comes before.
  ///
  /// For a walk under way that is the reading of the entry, and the walk's
  /// beginning.
  var walkerSteps: [(before: Int, action: Action)] {
    guard let holding else { return [] }
    var found: [(Int, Action)] = []
    var last = replay.states.count - 1
    var walker = holding.walker
    if holding.isOld {
      let set = layout.set(of: walker, old: true)
      last =
        replay.since(
          replay.frame, set, byte: byte(holding.place, isLeaf: holding.isLeaf),
          before: last) - 1
      if last < 0 || holding.isLeaf { return [] }
      found.append((last, Action(.walk, walker, move: holding.place)))
    }
    if let unit = unit(walker), unit.isDevice {
      let set = layout.set(of: walker, old: false)
      let leaf = byte(holding.place, isLeaf: true)
      walker = layout.walker(iommu: unit.iommu, pasid: unit.pasid)
      let answers = layout.set(of: walker, old: false)
      // Back to when the device was last answered.
      while last > 0, replay.holds(replay.frame, set, byte: leaf, in: last - 1),
        !(mayDrop(last - 1, of: walker)
          && replay.holds(replay.frame, answers, byte: leaf, in: last))
      { last -= 1 }
      found.append((last, Action(.fill, holding.walker, move: holding.place)))
    }
    trace(
      replay.frame, at: holding.place, isLeaf: holding.isLeaf, of: walker,
      before: last, into: &found)
    return found.reversed()
  }

  /// Whether a step makes a walker forget.
  private func mayDrop(_ step: Int, of walker: Int) -> Bool {
    let taken = replay.steps[step]
    guard let unit = unit(walker) else {
      return taken.access == .flushCPUs
        || taken.access == .loadASID && taken.target > 0 && taken.detail == 0
    }
    return taken.action.kind == .carryOut && taken.action.actor == unit.iommu
  }

  /// Whether a walker that forgot it can come to hold the frame anew.
  private func canRead(
    _ frame: Int, at place: Int, isLeaf: Bool, of walker: Int, in state: Int
  ) -> Bool {
    let above = layout.parent(of: place)
    let set = layout.set(of: walker, old: false)
    return (0..<layout.frames).contains { holder in
      guard
        above == 0
          ? holder == 0
          : replay.holds(holder, set, byte: above - 1, in: state)
      else { return false }
      let cell = layout.entry(holder, (place - 1) % layout.entriesPerTable)
      return [cell, layout.inMemory(ofEntryAt: cell)].contains {
        let entry = replay.states[state][$0]
        return isLeaf
          ? holder == frame && entry & TinyEntry.leaf != 0
          : replay.table(in: entry) == frame
      }
    }
  }

  /// Goes back to when the walker came to hold `frame`, and to where it read
  /// that.
  private func trace(
    _ frame: Int, at place: Int, isLeaf: Bool, of walker: Int, before: Int,
    into found: inout [(Int, Action)]
  ) {
    let set = layout.set(of: walker, old: false)
    var start = before
    while start > 0,
      replay.holds(
        frame, set, byte: byte(place, isLeaf: isLeaf), in: start - 1),
      !(mayDrop(start - 1, of: walker)
        && canRead(frame, at: place, isLeaf: isLeaf, of: walker, in: start))
    { start -= 1 }
    let above = layout.parent(of: place)
    func reads(_ holder: Int, inMemory: Bool) -> Bool {
      let cell = layout.entry(holder, (place - 1) % layout.entriesPerTable)
      let entry = replay.states[start][
        inMemory ? layout.inMemory(ofEntryAt: cell) : cell]
      return isLeaf
        ? holder == frame && entry & TinyEntry.leaf != 0
        : replay.table(in: entry) == frame
    }
    let holders = (0..<layout.frames).filter {
      above == 0
        ? $0 == 0 : replay.holds($0, set, byte: above - 1, in: start)
    }
    let isFromMemory = !holders.contains { reads($0, inMemory: false) }
    found.append(
      (
        start,
        Action(
          .fill, walker, move: place,
          choice: isFromMemory && !layout.iommusSnoop ? 1 : 0)
      ))
    guard above != 0 else { return }
    for holder in holders {
      if isLeaf && holder == frame || reads(holder, inMemory: isFromMemory) {
        return trace(
          holder, at: above, isLeaf: false, of: walker, before: start,
          into: &found)
      }
    }
  }
}
