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
struct Canonical: ~Copyable {
  private let layout: Layout
  private let renamer: Renamer
  private let swap: SlotSwap?
  /// The canonical form, if it is not the state itself.
  private(set) var cells: Cells
  private var otherCells: Cells
  /// How the last state was renamed.
  private(set) var renaming = Renaming.identity
  private var isTied = false
  private var isSelfAlike = false
  private var named = 0

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

  /// What names the last state has by its canonical form.
  var symmetry: Symmetry {
    Symmetry(named: named, isTied: isTied, isSelfAlike: isSelfAlike)
  }

  /// How many states one with such names stands for.
  func renamings(of symmetry: Symmetry) -> Int {
    symmetry.renamings(frames: layout.frames, swapsSlots: swap != nil)
  }

  /// Writes the canonical form of `state` but for the logs; true if that is
  /// `state` itself, and then nothing is written.
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

  /// Writes the logs of the canonical form of `state`, from which it was made
  /// last.
  func writeLogs(of state: Cells) {
    renamer.writeLogs(of: state, by: renaming, to: cells)
  }

  /// Writes the lesser of the two forms that a state has by its slots' names.
  private mutating func makeFirst(of state: Cells) -> Bool {
    let isItself = rename(state, swapsSlots: false)
    if !isItself { writeLogs(of: state) }
    let straight = (isItself ? state : cells, renaming)
    Swift.swap(&cells, &otherCells)
    let isItselfSwapped = rename(state, swapsSlots: true)
    if !isItselfSwapped { writeLogs(of: state) }
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
    let naming = nameFrames(of: state, swapsSlots: swapsSlots)
    named = naming.count
    renaming = naming.renaming(swapsSlots: swapsSlots)
    if renaming.isIdentity(frames: layout.frames) { return true }
    renamer.write(state, by: renaming, to: cells)
    return false
  }

  // MARK: Naming

  /// Names the frames of a state, as far as something names them.
  ///
  /// It changes nothing here, and is mutating so that the compiler passes an
  /// address, and not a copy of the whole; so are the other two.
  private mutating func nameFrames(
    of state: Cells, swapsSlots: Bool
  ) -> FrameNaming {
    var naming = FrameNaming(frames: layout.frames)
    follow(in: state, swapsSlots, &naming)
    var index = layout.words
    while index < layout.queues {
      if naming.isComplete { return naming }
      naming.name(in: state[index])
      index &+= 1
    }
    index = layout.buffers
    while index < layout.headers {
      let store = BufferedStore(in: state, at: index)
      if store.targetsFrame { naming.name(store.target) }
      naming.name(in: store.value)
      index &+= Layout.bufferedWords
    }
    follow(in: state, swapsSlots, &naming)
    var actor = 0
    while actor < layout.actors {
      let mentions = Mentions(rawValue: state[layout.mentions &+ actor])
      if naming.lacks(mentions.frames) {
        for index in 0..<mentions.count { naming.name(mentions[index]) }
      }
      actor &+= 1
    }
    follow(in: state, swapsSlots, &naming)
    // Guard: frames-under-unused-asids-are-named
    if layout.asids > 1 || state[Layout.loadedASIDs] != 0 {
      nameHeld(in: state, &naming)
    }
    return naming
  }

  /// Names what CPUs hold under ASIDs that none walks under: these frames may
  /// be free, and are not like others that are.
  private mutating func nameHeld(in state: Cells, _ naming: inout FrameNaming) {
    for number in 0..<layout.cpuWalkers {
      let set = layout.set(of: layout.walker(ofCPUs: number), old: false)
      for place in 0..<layout.tablePlaces {
        var frames = state[set, byte: place]
        while frames != 0 {
          naming.name(frames.trailingZeroBitCount)
          frames &= frames &- 1
        }
      }
    }
  }

  /// Names what the words of named frames name.
  @inline(__always)
  private mutating func follow(
    in state: Cells, _ swapsSlots: Bool, _ naming: inout FrameNaming
  ) {
    while !naming.isComplete, let frame = naming.next() {
      let entries = layout.entry(frame, 0)
      var index = 0
      while index < layout.entriesPerTable {
        let isSwapped = swapsSlots && frame == 0
        let cell = entries &+ (isSwapped ? swap?.entry(index) ?? index : index)
        naming.name(in: state[cell])
        if !layout.iommusSnoop {
          naming.name(in: state[layout.inMemory(ofEntryAt: cell)])
        }
        index &+= 1
      }
      let fields = layout.fields &+ frame &* 4
      index = fields &+ 1
      while index < fields &+ 4 {
        naming.name(in: state[index])
        index &+= 1
      }
      let count = layout.programFieldCount
      let own = layout.programFields &+ frame &* count
      index = own
      while index < own &+ count {
        naming.name(in: state[index])
        index &+= 1
      }
    }
  }
}
