// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Names the frames of a state in the order in which they are come upon, so
/// that states that differ in the names of their frames alone are one.
///
/// Every frame that is not free is pointed to by an entry, a list or what an
/// operation was answered; and those have an order of their own. So this finds
/// the one name of each state, and no permutation has to be tried. Frames that
/// nothing names are free and alike: they come last.
///
/// Slots that are alike are named in the order of the actors that work on them,
/// then of what they hold; only where neither decides are both ways tried.
@safe
struct Canonical {
  private let layout: Layout
  private let renamer: Renamer
  private let swap: SlotSwap?
  /// The canonical form, if it is not the state itself.
  private(set) var cells: Cells
  private var otherCells: Cells
  /// How the last state was renamed.
  private(set) var renaming = Renaming.identity
  /// Whether the names of the last state's slots go by all that it holds.
  private(set) var isTied = false
  /// Whether the last state is the same with its slots' names exchanged.
  private(set) var isSelfAlike = false
  /// For each name its frame.
  private var order: UInt64 = 0
  private var known: UInt64 = 0
  private var visited = 0
  /// How many frames are named by something.
  private(set) var named = 0

  init(_ renamer: Renamer) {
    self.renamer = renamer
    layout = renamer.layout
    swap = renamer.swap
    cells = .allocate(layout.size)
    otherCells = .allocate(layout.size)
  }

  func free() {
    cells.free()
    otherCells.free()
  }

  /// How many states the last one stands for.
  var renamings: Int {
    var ways = swap == nil || isSelfAlike ? 1 : 2
    var number = layout.frames - named + 1
    while number < layout.frames {
      ways *= number
      number += 1
    }
    return ways
  }

  /// Writes the canonical form of `state`; true if that is `state` itself, and
  /// then nothing is written.
  @inline(__always)
  mutating func make(from state: Cells) -> Bool {
    guard let swap else { return rename(state, swapsSlots: false) }
    isSelfAlike = false
    isTied = false
    if let isDue = swap.isDue(in: state) {
      return rename(state, swapsSlots: isDue)
    }
    isTied = true
    return makeFirst(of: state)
  }

  /// Writes the lesser of the two forms that a state has by its slots' names.
  private mutating func makeFirst(of state: Cells) -> Bool {
    let isItself = rename(state, swapsSlots: false)
    let straight = (isItself ? state : cells, renaming)
    Swift.swap(&cells, &otherCells)
    let isItselfSwapped = rename(state, swapsSlots: true)
    let difference = compare(straight.0, isItselfSwapped ? state : cells)
    isSelfAlike = difference == 0
    if difference > 0 { return isItselfSwapped }
    Swift.swap(&cells, &otherCells)
    renaming = straight.1
    return isItself
  }

  /// Which of two states comes first, by all but what depends on a seed.
  private func compare(_ one: Cells, _ other: Cells) -> Int {
    for index in 0..<layout.digests where one[index] != other[index] {
      return one[index] < other[index] ? -1 : 1
    }
    for actor in 0..<layout.actors {
      let mentions = layout.mentions + actor
      if Mentions(rawValue: one[mentions]).stands
        || Mentions(rawValue: other[mentions]).stands
      {
        for index in [layout.digests + actor, mentions]
        where one[index] != other[index] {
          return one[index] < other[index] ? -1 : 1
        }
        continue
      }
      let log = layout.log(of: actor)
      for index in log..<(log + layout.logWords(of: actor, in: one))
      where one[index] != other[index] {
        return one[index] < other[index] ? -1 : 1
      }
    }
    return 0
  }

  @inline(__always)
  private mutating func rename(_ state: Cells, swapsSlots: Bool) -> Bool {
    renaming = Renaming(names: .max, swapsSlots: swapsSlots)
    nameFrames(of: state)
    var rest = ~known & (1 &<< UInt64(truncatingIfNeeded: layout.frames) &- 1)
    var next = named
    while rest != 0 {
      renaming.setName(of: rest.trailingZeroBitCount, next)
      next &+= 1
      rest &= rest &- 1
    }
    if renaming.isIdentity(frames: layout.frames) { return true }
    renamer.write(state, by: renaming, to: cells)
    return false
  }

  // MARK: Naming

  private mutating func nameFrames(of state: Cells) {
    order = 0
    known = 0
    named = 0
    visited = 0
    name(0)
    follow(in: state)
    var index = layout.words
    while index < layout.queues {
      name(in: state[index])
      index &+= 1
    }
    index = layout.buffers
    while index < layout.headers {
      let store = BufferedStore(in: state, at: index)
      if store.targetsFrame { name(store.target) }
      name(in: store.value)
      index &+= Layout.bufferedWords
    }
    follow(in: state)
    var actor = 0
    while actor < layout.actors {
      let mentions = Mentions(rawValue: state[layout.mentions &+ actor])
      if mentions.frames & ~known != 0 {
        for index in 0..<mentions.count { name(mentions[index]) }
      }
      actor &+= 1
    }
    follow(in: state)
    // Guard: frames-under-unused-asids-are-named
    if layout.asids > 1 || state[Layout.loadedASIDs] != 0 {
      nameHeld(in: state)
    }
  }

  /// Names what CPUs hold under ASIDs that none walks under: these frames may
  /// be free, and are not like others that are.
  private mutating func nameHeld(in state: Cells) {
    for number in 0..<layout.cpuWalkers {
      let set = layout.set(of: layout.walker(ofCPUs: number), old: false)
      for place in 0..<layout.tablePlaces {
        var frames = state[set, byte: place]
        while frames != 0 {
          name(frames.trailingZeroBitCount)
          frames &= frames &- 1
        }
      }
    }
  }

  @inline(__always)
  private mutating func name(in word: UInt64) {
    name(FrameName.index(in: word))
  }

  @inline(__always)
  private mutating func name(_ frame: Int) {
    guard frame >= 0, frame < layout.frames else { return }
    let number = UInt64(truncatingIfNeeded: frame)
    guard known &>> number & 1 == 0 else { return }
    known |= 1 &<< number
    renaming.setName(of: frame, named)
    order |= number &<< (8 &* UInt64(truncatingIfNeeded: named))
    named &+= 1
  }

  @inline(__always)
  private mutating func follow(in state: Cells) {
    while visited < named {
      let frame = Int(
        truncatingIfNeeded: order
          &>> UInt64(truncatingIfNeeded: 8 &* visited) & 0xff)
      visited &+= 1
      var index = 0
      while index < layout.entriesPerTable {
        let isSwapped = renaming.swapsSlots && frame == 0
        let here = isSwapped ? swap?.entry(index) ?? index : index
        let cell = layout.entry(frame, here)
        name(in: state[cell])
        if !layout.iommusSnoop {
          name(in: state[layout.inMemory(ofEntryAt: cell)])
        }
        index &+= 1
      }
      let fields = layout.fields &+ frame &* 4
      index = fields &+ 1
      while index < fields &+ 4 {
        name(in: state[index])
        index &+= 1
      }
      let count = layout.programFieldCount
      let own = layout.programFields &+ frame &* count
      index = own
      while index < own &+ count {
        name(in: state[index])
        index &+= 1
      }
    }
  }
}
