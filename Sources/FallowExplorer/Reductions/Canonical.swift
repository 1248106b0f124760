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
    guard swap != nil else { return rename(state, swapsSlots: false) }
    isSelfAlike = false
    isTied = false
    if let isDue = SlotSwap.isDue(in: state, layout) {
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
    if !swapsSlots {
      // Most steps lead to states whose frames have their names already.
      var order = FrameOrder(frames: layout.frames)
      visit(state, swapsSlots: false, &order)
      if order.isKept {
        named = order.count
        renaming = .identity
        return true
      }
    }
    var naming = FrameNaming(frames: layout.frames)
    visit(state, swapsSlots: swapsSlots, &naming)
    named = naming.count
    renaming = naming.renaming(swapsSlots: swapsSlots)
    renamer.write(state, by: renaming, to: cells)
    return false
  }

  // MARK: Visiting

  /// Visits the frames of a state, as far as something names them.
  ///
  /// It changes nothing here, and is mutating so that the compiler passes an
  /// address, and not a copy of the whole; so are the others.
  private mutating func visit<Visitor: FrameVisitor>(
    _ state: Cells, swapsSlots: Bool, _ visitor: inout Visitor
  ) {
    follow(in: state, swapsSlots, &visitor)
    if visitor.isDone { return }
    visitor.visit(state, from: layout.words, to: layout.queues)
    var index = layout.buffers
    while index < layout.headers {
      let store = BufferedStore(in: state, at: index)
      if store.targetsFrame { visitor.visit(store.target) }
      visitor.visit(in: store.value)
      index &+= Layout.bufferedWords
    }
    follow(in: state, swapsSlots, &visitor)
    var actor = 0
    while actor < layout.actors {
      let mentions = Mentions(rawValue: state[layout.mentions &+ actor])
      if visitor.lacks(mentions.frames) {
        for index in 0..<mentions.count { visitor.visit(mentions[index]) }
      }
      actor &+= 1
    }
    follow(in: state, swapsSlots, &visitor)
    // Guard: frames-under-unused-asids-are-named
    if layout.asids > 1 || state[Layout.loadedASIDs] != 0 {
      visitHeld(in: state, &visitor)
    }
  }

  /// Visits what CPUs hold under ASIDs that none walks under: these frames may
  /// be free, and are not like others that are.
  private mutating func visitHeld<Visitor: FrameVisitor>(
    in state: Cells, _ visitor: inout Visitor
  ) {
    for number in 0..<layout.cpuWalkers {
      let set = layout.set(of: layout.walker(ofCPUs: number), old: false)
      for place in 0..<layout.tablePlaces {
        var frames = state[set, byte: place]
        while frames != 0 {
          visitor.visit(frames.trailingZeroBitCount)
          frames &= frames &- 1
        }
      }
    }
  }

  /// Visits what the words of visited frames name.
  @inline(__always)
  private mutating func follow<Visitor: FrameVisitor>(
    in state: Cells, _ swapsSlots: Bool, _ visitor: inout Visitor
  ) {
    while !visitor.isDone, let frame = visitor.next() {
      if swapsSlots && frame == 0 || !layout.iommusSnoop {
        visitEntries(of: frame, in: state, swapsSlots, &visitor)
      } else {
        let first = layout.entry(frame, 0)
        visitor.visit(state, from: first, to: first &+ layout.entriesPerTable)
      }
      let field = layout.fields &+ frame &* 4
      visitor.visit(state, from: field &+ 1, to: field &+ 4)
      let count = layout.programFieldCount
      let own = layout.programFields &+ frame &* count
      visitor.visit(state, from: own, to: own &+ count)
    }
  }

  /// Visits what the entries of a table name, where slots exchange theirs or
  /// each entry is also in memory.
  private mutating func visitEntries<Visitor: FrameVisitor>(
    of frame: Int, in state: Cells, _ swapsSlots: Bool,
    _ visitor: inout Visitor
  ) {
    for index in 0..<layout.entriesPerTable {
      let isSwapped = swapsSlots && frame == 0
      let cell = layout.entry(
        frame, isSwapped ? swap?.entry(index) ?? index : index)
      visitor.visit(in: state[cell])
      if !layout.iommusSnoop {
        visitor.visit(in: state[layout.inMemory(ofEntryAt: cell)])
      }
    }
  }
}
