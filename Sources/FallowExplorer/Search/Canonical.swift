internal import Fallow

/// Names the frames of a state in the order in which they are come upon, so
/// that states that differ in the names of their frames alone are one.
///
/// Every frame that is not free is pointed to by an entry, a list or what an
/// operation was told; and those have an order of their own. So this finds
/// the one name of each state, and no permutation has to be tried. Frames that
/// nothing names are free and alike: they come last.
///
/// Slots that are alike are named in the order of who works on them, then of
/// what they hold; only where neither tells are both ways tried.
@safe
struct Canonical {
  private let layout: Layout
  private let fingerprint: Fingerprint
  private let swap: SlotSwap?
  /// The canonical form, if it is not the state itself.
  private(set) var cells: Cells
  private var otherCells: Cells
  /// Whether the slots of the last state changed names.
  private(set) var isSwapped = false
  /// Whether the names of the last state's slots go by all that it holds.
  private(set) var isTied = false
  /// Whether the last state is the same with its slots' names exchanged.
  private(set) var isSelfAlike = false
  /// For each frame its name, a byte each; 0xff is none yet.
  private var names = UInt64.max
  /// For each name its frame.
  private var order: UInt64 = 0
  private var known: UInt64 = 0
  private var visited = 0
  /// How many frames are named by something.
  private(set) var named = 0

  init(layout: Layout, fingerprint: Fingerprint, swap: SlotSwap?) {
    self.layout = layout
    self.fingerprint = fingerprint
    self.swap = swap
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
    guard let swap else { return rename(state, isSwapped: false) }
    isSelfAlike = false
    isTied = false
    if let isDue = swap.isDue(in: state) {
      return rename(state, isSwapped: isDue)
    }
    isTied = true
    return makeFirst(of: state)
  }

  /// Writes the lesser of the two forms that a state has by its slots' names.
  private mutating func makeFirst(of state: Cells) -> Bool {
    let isItself = rename(state, isSwapped: false)
    let straight = (isItself ? state : cells, names)
    Swift.swap(&cells, &otherCells)
    let isItselfSwapped = rename(state, isSwapped: true)
    let difference = compare(straight.0, isItselfSwapped ? state : cells)
    isSelfAlike = difference == 0
    if difference > 0 { return isItselfSwapped }
    Swift.swap(&cells, &otherCells)
    names = straight.1
    isSwapped = false
    return isItself
  }

  /// Which of two states comes first, by all but what depends on a seed.
  private func compare(_ one: Cells, _ other: Cells) -> Int {
    for index in 0..<layout.digests where one[index] != other[index] {
      return one[index] < other[index] ? -1 : 1
    }
    for actor in 0..<layout.actors {
      let log = layout.log(of: actor)
      for index in log..<(log + Int(one[layout.headers + actor] & 0xff))
      where one[index] != other[index] {
        return one[index] < other[index] ? -1 : 1
      }
    }
    return 0
  }

  @inline(__always)
  private mutating func rename(_ state: Cells, isSwapped: Bool) -> Bool {
    self.isSwapped = isSwapped
    nameFrames(of: state)
    var rest = ~known & (1 &<< UInt64(truncatingIfNeeded: layout.frames) &- 1)
    var next = UInt64(truncatingIfNeeded: named)
    while rest != 0 {
      let frame = UInt64(truncatingIfNeeded: rest.trailingZeroBitCount)
      names &= ~(0xff &<< (8 &* frame))
      names |= next &<< (8 &* frame)
      order |= frame &<< (8 &* next)
      next &+= 1
      rest &= rest &- 1
    }
    let used =
      UInt64.max &>> UInt64(truncatingIfNeeded: 64 &- 8 &* layout.frames)
    if !isSwapped, names & used == 0x0706_0504_0302_0100 & used {
      return true
    }
    write(state)
    if isSwapped, let swap { write(state, with: swap) }
    for actor in 0..<layout.actors { writeLog(of: actor, in: state) }
    return false
  }

  /// The name of a frame of the last state.
  @inline(__always)
  func name(of frame: Int) -> Int {
    Int(
      truncatingIfNeeded: names &>> UInt64(truncatingIfNeeded: 8 &* frame)
        & 0xff)
  }

  private mutating func nameFrames(of state: Cells) {
    names = .max
    order = 0
    known = 0
    named = 0
    visited = 0
    name(0)
    follow(in: state)
    var index = layout.words
    while index < layout.queues {
      let head = state[index]
      if head != 0 { name(Layout.index(ofNumber: head &- 1)) }
      index &+= 1
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
  }

  @inline(__always)
  private mutating func name(_ frame: Int) {
    guard frame >= 0, frame < layout.frames else { return }
    let number = UInt64(truncatingIfNeeded: frame)
    guard known &>> number & 1 == 0 else { return }
    known |= 1 &<< number
    let place = UInt64(truncatingIfNeeded: named)
    names &= ~(0xff &<< (8 &* number))
    names |= place &<< (8 &* number)
    order |= number &<< (8 &* place)
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
        let here = isSwapped && frame == 0 ? swapped(index) : index
        name(table(in: state[layout.entry(frame, here)]))
        index &+= 1
      }
      name(
        Layout.index(ofNumber: state[layout.field(.link, of: frame)] &- 1))
    }
  }

  private func swapped(_ index: Int) -> Int { swap?.entry(index) ?? index }

  @inline(__always)
  private func table(in entry: UInt64) -> Int {
    entry & (TinyEntry.present | TinyEntry.leaf) == TinyEntry.present
      ? Layout.index(ofNumber: entry &>> FrameNumber.shift) : -1
  }

  // MARK: Renaming

  private func renamed(_ frame: Int) -> Int? {
    frame >= 0 && frame < layout.frames ? name(of: frame) : nil
  }

  private func renamedEntry(_ entry: UInt64) -> UInt64 {
    guard let name = renamed(table(in: entry)) else {
      return isSwapped ? swap?.leaf(entry) ?? entry : entry
    }
    return entry & (FrameNumber.size - 1)
      | Layout.number(name) << FrameNumber.shift
  }

  private func renamedSet(_ frames: UInt8) -> UInt8 {
    var left = frames
    var set: UInt8 = 0
    while left != 0 {
      set |=
        1 &<< UInt8(truncatingIfNeeded: name(of: left.trailingZeroBitCount))
      left &= left &- 1
    }
    return set
  }

  /// Writes all but the logs, as far as the names of frames go.
  private func write(_ state: Cells) {
    cells.copy(from: state, count: layout.logs)
    cells[Layout.free] = UInt64(
      renamedSet(UInt8(truncatingIfNeeded: state[Layout.free])))
    for frame in 0..<layout.frames {
      let name = name(of: frame)
      cells[Layout.linkedAt, byte: name] = state[Layout.linkedAt, byte: frame]
      for index in 0..<layout.entriesPerTable {
        cells[layout.entry(name, index)] = renamedEntry(
          state[layout.entry(frame, index)])
      }
      for field in 0..<4 {
        cells[layout.fields + name * 4 + field] =
          state[layout.fields + frame * 4 + field]
      }
      let link = layout.field(.link, of: name)
      if let next = renamed(Layout.index(ofNumber: cells[link] &- 1)) {
        cells[link] = Layout.number(next) + 1
      }
    }
    for index in layout.words..<layout.queues {
      if let head = renamed(Layout.index(ofNumber: state[index] &- 1)) {
        cells[index] = Layout.number(head) + 1
      }
    }
    for index in layout.sets..<layout.structures where state[index] != 0 {
      for byte in 0..<8 {
        let frames = state[index, byte: byte]
        if frames != 0 { cells[index, byte: byte] = renamedSet(frames) }
      }
    }
    for index in layout.buffers..<layout.headers where state[index] != 0 {
      cells[index] = renamed(BufferedStore(rawValue: state[index])).rawValue
    }
  }

  /// What waits in a buffer is in the log of whoever stored it, which names its
  /// frames.
  private func renamed(_ store: BufferedStore) -> BufferedStore {
    switch store.kind {
    case .entry:
      let index =
        isSwapped && store.target == 0 ? swapped(store.index) : store.index
      return BufferedStore(
        .entry, name(of: store.target), index, value: renamedEntry(store.value))
    case .word:
      guard let head = renamed(Layout.index(ofNumber: store.value &- 1)) else {
        return store
      }
      return BufferedStore(
        .word, store.target, value: Layout.number(head) + 1)
    default: return store
    }
  }

  /// Writes what the names of slots change, of a state whose frames have their
  /// names.
  private func write(_ state: Cells, with swap: SlotSwap) {
    cells[Layout.slotStates] = swap.states(state[Layout.slotStates])
    for actor in 0..<layout.actors where actor != layout.worker {
      let header = state[layout.headers + actor]
      if header >> 8 & 0xff != 0 {
        cells[layout.headers + actor] = header ^ 1 << 16
      }
    }
    for frame in 0..<layout.frames {
      cells[Layout.linkedAt, byte: frame] = UInt8(
        swap.place(Int(cells[Layout.linkedAt, byte: frame])))
    }
    let root = layout.entry(0, 0)
    (cells[root], cells[root + 1]) = (cells[root + 1], cells[root])
    for iommu in 0..<layout.iommus {
      let queue = layout.queues + iommu * Layout.queueWords
      for index in queue..<(queue + Layout.queueWords) {
        let pair = cells[index]
        let low = swap.command(
          QueueDescriptor(rawValue: UInt32(truncatingIfNeeded: pair)))
        let high = swap.command(
          QueueDescriptor(rawValue: UInt32(pair >> 32)))
        cells[index] = UInt64(low.rawValue) | UInt64(high.rawValue) << 32
      }
    }
    for set in 0..<(layout.walkers * 2) {
      let first = layout.sets + set * layout.setWords
      for place in 1...layout.places {
        let other = swap.place(place)
        guard place < other else { continue }
        exchange(
          first, layout.tablePlaces + place - 1, layout.tablePlaces + other - 1)
        if other <= layout.tablePlaces { exchange(first, place - 1, other - 1) }
      }
    }
  }

  private func exchange(_ set: Int, _ one: Int, _ other: Int) {
    (cells[set, byte: one], cells[set, byte: other]) =
      (cells[set, byte: other], cells[set, byte: one])
  }

  private func writeLog(of actor: Int, in state: Cells) {
    let log = layout.log(of: actor)
    let count = Int(state[layout.headers + actor] & 0xff)
    var digest = count == 0 ? 0 : fingerprint.emptyLog
    var mentions = Mentions()
    for index in 0..<count {
      var logged = LoggedAccess(rawValue: state[log + index])
      let access = logged.access
      if isSwapped, let swap { swap.exchange(in: &logged, access) }
      if access.targetsFrame, let name = renamed(logged.target) {
        logged.rawValue =
          logged.rawValue & ~(0xff << 48) | UInt64(name) << 48
        mentions.add(name)
      }
      if let name = renamed(logged.frame(access)) {
        let result: UInt64 =
          switch access.result {
          case .entry: renamedEntry(logged.rawValue & 0xff_ffff_ffff)
          case .listHead, .field: Layout.number(name) + 1
          default: Layout.number(name)
          }
        logged.rawValue = logged.rawValue & ~0xff_ffff_ffff | result
        mentions.add(name)
      }
      cells[log + index] = logged.rawValue
      digest = fingerprint.digest(digest, logged.rawValue)
    }
    cells[layout.digests + actor] = digest
    cells[layout.mentions + actor] = mentions.rawValue
  }
}
