internal import Fallow

/// Names the frames of a state in the order in which they are come upon, so
/// that states that differ in the names of their frames alone are one.
///
/// Every frame that is not free is pointed to by an entry, a list or what an
/// operation was told; and those have an order of their own. So this finds
/// the one name of each state, and no permutation has to be tried. Frames that
/// nothing names are free and alike: they come last.
@safe
struct Canonical {
  private let layout: Layout
  private let fingerprint: Fingerprint
  /// The canonical form, if it is not the state itself.
  let cells: Cells
  /// For each frame its name, a byte each; 0xff is none yet.
  private var names = UInt64.max
  /// For each name its frame.
  private var order: UInt64 = 0
  private var known: UInt64 = 0
  private var visited = 0
  /// How many frames are named by something.
  private(set) var named = 0

  init(layout: Layout, fingerprint: Fingerprint) {
    self.layout = layout
    self.fingerprint = fingerprint
    cells = .allocate(layout.size)
  }

  func free() { cells.free() }

  /// Writes the canonical form of `state`; true if that is `state` itself, and
  /// then nothing is written.
  @inline(__always)
  mutating func make(from state: Cells) -> Bool {
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
    if names & used == 0x0706_0504_0302_0100 & used { return true }
    rename(state)
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
      if head != 0 { name(Int(truncatingIfNeeded: head) &- 2) }
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
        name(table(in: state[layout.entry(frame, index)]))
        index &+= 1
      }
      name(
        Int(truncatingIfNeeded: state[layout.field(.link, of: frame)]) &- 1)
    }
  }

  @inline(__always)
  private func table(in entry: UInt64) -> Int {
    entry & (TinyEntry.present | TinyEntry.leaf) == TinyEntry.present
      ? Int(truncatingIfNeeded: entry &>> FrameNumber.shift) &- 1 : -1
  }

  // MARK: Renaming

  private func renamed(_ frame: Int) -> Int? {
    frame >= 0 && frame < layout.frames ? name(of: frame) : nil
  }

  private func renamedEntry(_ entry: UInt64) -> UInt64 {
    guard let name = renamed(table(in: entry)) else { return entry }
    return entry & (FrameNumber.size - 1)
      | UInt64(name + 1) << FrameNumber.shift
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

  private func rename(_ state: Cells) {
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
      if let next = renamed(Int(truncatingIfNeeded: cells[link]) - 1) {
        cells[link] = UInt64(next + 1)
      }
    }
    for index in layout.words..<layout.queues {
      if let head = renamed(Int(truncatingIfNeeded: state[index]) - 2) {
        cells[index] = UInt64(head + 2)
      }
    }
    for index in layout.sets..<layout.headers where state[index] != 0 {
      for byte in 0..<8 {
        let frames = state[index, byte: byte]
        if frames != 0 { cells[index, byte: byte] = renamedSet(frames) }
      }
    }
    for actor in 0..<layout.actors { renameLog(of: actor, in: state) }
  }

  private func renameLog(of actor: Int, in state: Cells) {
    let log = layout.log(of: actor)
    let count = Int(state[layout.headers + actor] & 0xff)
    var digest = count == 0 ? 0 : fingerprint.emptyLog
    var mentions = Mentions()
    for index in 0..<count {
      var logged = LoggedAccess(rawValue: state[log + index])
      let access = logged.access
      if access.targetsFrame, let name = renamed(logged.target) {
        logged.rawValue =
          logged.rawValue & ~(0xff << 48) | UInt64(name) << 48
        mentions.add(name)
      }
      if let name = renamed(logged.frame(access)) {
        let result: UInt64 =
          switch access.result {
          case .entry: renamedEntry(logged.rawValue & 0xff_ffff_ffff)
          case .listHead: UInt64(name + 2)
          default: UInt64(name + 1)
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
