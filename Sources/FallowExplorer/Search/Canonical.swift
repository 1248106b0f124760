internal import Fallow

/// Names the frames of a state in the order in which they are come upon, so
/// that states that differ in the names of their frames alone are one.
///
/// Every frame that is not free is pointed to by an entry, a list or what an
/// operation was told; and those have an order of their own. So this finds
/// the one name of each state, and no permutation has to be tried.
@safe
struct Canonical {
  private let layout: Layout
  private let cells: Cells
  private var names = InlineArray<8, UInt8>(repeating: 0xff)
  private var order = InlineArray<8, UInt8>(repeating: 0)
  private var named = 0
  private var visited = 0

  init(layout: Layout, into cells: Cells) {
    self.layout = layout
    self.cells = cells
  }

  /// Writes the canonical form of `state`; true if that is `state` itself, and
  /// then nothing is written.
  mutating func make(from state: Cells) -> Bool {
    for frame in 0..<layout.frames { names[frame] = 0xff }
    named = 0
    visited = 0
    name(0)
    follow(in: state)
    for index in layout.words..<layout.queues {
      name(Int(truncatingIfNeeded: state[index]) - 2)
    }
    follow(in: state)
    for actor in 0..<layout.actors {
      let log = layout.log(of: actor)
      for index in 0..<Int(state[layout.headers + actor] & 0xff) {
        let logged = state[log + index]
        let access = Access(rawValue: UInt8(logged >> 56)) ?? .none
        if access.targetsFrame { name(Int(logged >> 48 & 0xff)) }
        let frame = frame(in: logged, access)
        name(frame)
      }
    }
    follow(in: state)
    var isItself = true
    for frame in 0..<layout.frames {
      name(frame)
      if names[frame] != frame { isItself = false }
    }
    if !isItself { rename(state) }
    return isItself
  }

  private mutating func name(_ frame: Int) {
    guard frame >= 0, frame < layout.frames, names[frame] == 0xff else {
      return
    }
    names[frame] = UInt8(named)
    order[named] = UInt8(frame)
    named += 1
  }

  private mutating func follow(in state: Cells) {
    while visited < named {
      let frame = Int(order[visited])
      visited += 1
      for index in 0..<layout.entriesPerTable {
        name(table(in: state[layout.entry(frame, index)]))
      }
      name(
        Int(truncatingIfNeeded: state[layout.field(.link, of: frame)]) - 2)
    }
  }

  private func table(in entry: UInt64) -> Int {
    entry & (TinyEntry.present | TinyEntry.leaf) == TinyEntry.present
      ? Int(truncatingIfNeeded: entry >> FrameNumber.shift) - 1 : -1
  }

  /// The frame that a logged result names, or -1.
  private func frame(in logged: UInt64, _ access: Access) -> Int {
    let result = Int(truncatingIfNeeded: Int64(bitPattern: logged << 24) >> 24)
    return switch access.result {
    case .number: -1
    case .entry: table(in: UInt64(bitPattern: Int64(result)))
    case .field:
      logged >> 40 & 0xff == UInt64(DescriptorField.link.rawValue)
        ? result - 2 : -1
    case .listHead: result - 2
    case .frame: result - 1
    }
  }

  private func renamed(_ frame: Int) -> Int? {
    frame >= 0 && frame < layout.frames ? Int(names[frame]) : nil
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
      set |= 1 << names[left.trailingZeroBitCount]
      left &= left &- 1
    }
    return set
  }

  private func rename(_ state: Cells) {
    cells.copy(from: state, count: layout.logs)
    cells[Layout.free] = UInt64(
      renamedSet(UInt8(truncatingIfNeeded: state[Layout.free])))
    for frame in 0..<layout.frames {
      let name = Int(names[frame])
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
      if let next = renamed(Int(truncatingIfNeeded: cells[link]) - 2) {
        cells[link] = UInt64(next + 2)
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
    for actor in 0..<layout.actors {
      let log = layout.log(of: actor)
      for index in 0..<Int(state[layout.headers + actor] & 0xff) {
        cells[log + index] = renamedLog(state[log + index])
      }
    }
  }

  private func renamedLog(_ logged: UInt64) -> UInt64 {
    var logged = logged
    let access = Access(rawValue: UInt8(logged >> 56)) ?? .none
    if let name = renamed(frame(in: logged, access)) {
      let result: UInt64 =
        switch access.result {
        case .entry: renamedEntry(logged & 0xff_ffff_ffff)
        case .listHead, .field: UInt64(name + 2)
        default: UInt64(name + 1)
        }
      logged = logged & ~0xff_ffff_ffff | result
    }
    if access.targetsFrame, let name = renamed(Int(logged >> 48 & 0xff)) {
      logged = logged & ~(0xff << 48) | UInt64(name) << 48
    }
    return logged
  }

  /// A 64-bit fingerprint; never 0.
  func fingerprint(of cells: Cells, seed: UInt64) -> UInt64 {
    var lanes = (seed, ~seed, seed &* 3, seed ^ 0x5555)
    var index = 0
    while index + 4 <= layout.logs {
      lanes.0 = Self.mix(lanes.0, cells[index])
      lanes.1 = Self.mix(lanes.1, cells[index + 1])
      lanes.2 = Self.mix(lanes.2, cells[index + 2])
      lanes.3 = Self.mix(lanes.3, cells[index + 3])
      index += 4
    }
    while index < layout.logs {
      lanes.0 = Self.mix(lanes.0, cells[index])
      index += 1
    }
    for actor in 0..<layout.actors {
      let log = layout.log(of: actor)
      let count = Int(cells[layout.headers + actor] & 0xff)
      var index = 0
      while index + 2 <= count {
        lanes.0 = Self.mix(lanes.0, cells[log + index])
        lanes.1 = Self.mix(lanes.1, cells[log + index + 1])
        index += 2
      }
      if index < count { lanes.2 = Self.mix(lanes.2, cells[log + index]) }
    }
    let sum = Self.mix(
      Self.mix(lanes.0, lanes.1), Self.mix(lanes.2, lanes.3))
    return sum == 0 ? 1 : sum
  }

  @inline(__always)
  private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    let product = (hash ^ word &* 0x9e37_79b9_7f4a_7c15)
      .multipliedFullWidth(by: 0xd6e8_feb8_6659_fd93)
    return product.high ^ product.low
  }
}
