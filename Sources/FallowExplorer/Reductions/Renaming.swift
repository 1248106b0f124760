// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Other names for the frames and the slots of a state.
struct Renaming: BitwiseCopyable {
  /// For each frame its name, a byte each.
  var names: UInt64
  /// Whether the slots exchange their addresses.
  var swapsSlots = false

  /// The name of a frame.
  @inline(__always)
  func name(of frame: Int) -> Int {
    Int(
      truncatingIfNeeded: names &>> UInt64(truncatingIfNeeded: 8 &* frame)
        & 0xff)
  }

  @inline(__always)
  mutating func setName(of frame: Int, _ name: Int) {
    let shift = UInt64(truncatingIfNeeded: 8 &* frame)
    names =
      names & ~(0xff &<< shift) | UInt64(truncatingIfNeeded: name) &<< shift
  }

  /// Exchanges the names of two frames.
  mutating func exchange(_ one: Int, _ other: Int) {
    let name = name(of: one)
    setName(of: one, self.name(of: other))
    setName(of: other, name)
  }

  /// Whether all frames of a set keep their names.
  @inline(__always)
  func keeps(_ frames: UInt64) -> Bool {
    var left = frames
    while left != 0 {
      let frame = left.trailingZeroBitCount
      if name(of: frame) != frame { return false }
      left &= left &- 1
    }
    return true
  }

  /// Every frame keeps its name.
  static let identity = Renaming(names: 0x0706_0504_0302_0100)

  /// Whether the first `frames` frames and the slots keep their names.
  func isIdentity(frames: Int) -> Bool {
    let used = UInt64.max &>> UInt64(truncatingIfNeeded: 64 &- 8 &* frames)
    return !swapsSlots && names & used == Self.identity.names & used
  }
}

/// Writes states by other names.
final class Renamer: Sendable {
  let layout: Layout
  let fingerprint: Fingerprint
  let swap: SlotSwap?

  init(layout: Layout, fingerprint: Fingerprint, swap: SlotSwap?) {
    self.layout = layout
    self.fingerprint = fingerprint
    self.swap = swap
  }

  /// Writes `state` by the names of `renaming` to `cells`.
  func write(_ state: Cells, by renaming: Renaming, to cells: Cells) {
    cells.copy(from: state, count: layout.logs)
    writeFrames(of: state, renaming, cells)
    for index in layout.words..<layout.queues {
      cells[index] = renamed(state[index], renaming)
    }
    for index in layout.sets..<layout.structures where state[index] != 0 {
      for byte in 0..<8 {
        let frames = state[index, byte: byte]
        if frames != 0 {
          cells[index, byte: byte] = renamedSet(frames, renaming)
        }
      }
    }
    writeBuffers(of: state, renaming, cells)
    if renaming.swapsSlots, let swap { swap.write(state, to: cells) }
    for actor in 0..<layout.actors {
      writeLog(of: actor, state, renaming, cells)
    }
  }

  @inline(__always)
  private func renamed(_ word: UInt64, _ renaming: Renaming) -> UInt64 {
    let frame = FrameName.index(in: word)
    guard frame >= 0, frame < layout.frames else { return word }
    return FrameName.replacing(in: word, with: renaming.name(of: frame))
  }

  /// An entry that is a leaf also changes with the slots.
  @inline(__always)
  private func renamedEntry(_ entry: UInt64, _ renaming: Renaming) -> UInt64 {
    let renamed = renamed(entry, renaming)
    if renamed == entry, renaming.swapsSlots, let swap {
      return swap.leaf(entry)
    }
    return renamed
  }

  private func renamedSet(_ frames: UInt8, _ renaming: Renaming) -> UInt8 {
    var left = frames
    var set: UInt8 = 0
    while left != 0 {
      let name = renaming.name(of: left.trailingZeroBitCount)
      set |= 1 &<< UInt8(truncatingIfNeeded: name)
      left &= left &- 1
    }
    return set
  }

  private func writeFrames(
    of state: Cells, _ renaming: Renaming, _ cells: Cells
  ) {
    let all = (1 as UInt64) << UInt64(layout.frames) - 1
    for index in [Layout.free, Layout.awaited] {
      let frames = UInt8(truncatingIfNeeded: state[index] & all)
      cells[index] = state[index] & ~all | UInt64(renamedSet(frames, renaming))
    }
    for actor in 0..<layout.actors {
      for word in [Layout.retired, Layout.unlinked, Layout.moved] {
        cells[word, byte: actor] = renamedSet(
          state[word, byte: actor], renaming)
      }
    }
    let width = layout.placeBytes
    for frame in 0..<layout.frames {
      let name = renaming.name(of: frame)
      for byte in 0..<width {
        cells[layout.linkedPlaces, byte: name * width + byte] =
          state[layout.linkedPlaces, byte: frame * width + byte]
      }
      for index in 0..<layout.entriesPerTable {
        cells[layout.entry(name, index)] = renamedEntry(
          state[layout.entry(frame, index)], renaming)
        if layout.iommusSnoop { continue }
        cells[layout.inMemory(ofEntryAt: layout.entry(name, index))] =
          renamedEntry(
            state[layout.inMemory(ofEntryAt: layout.entry(frame, index))],
            renaming)
      }
      for field in 0..<4 {
        cells[layout.fields + name * 4 + field] = renamed(
          state[layout.fields + frame * 4 + field], renaming)
      }
    }
    let others = layout.fields + layout.frames * 4
    for index in others..<layout.programFields {
      cells[index] = renamed(state[index], renaming)
    }
    let count = layout.programFieldCount
    for frame in 0..<(count == 0 ? 0 : layout.frames) {
      let name = renaming.name(of: frame)
      for index in 0..<count {
        cells[layout.programFields + name * count + index] = renamed(
          state[layout.programFields + frame * count + index], renaming)
      }
    }
  }

  private func writeBuffers(
    of state: Cells, _ renaming: Renaming, _ cells: Cells
  ) {
    for index in stride(
      from: layout.buffers, to: layout.headers, by: Layout.bufferedWords)
    {
      var store = BufferedStore(in: state, at: index)
      if store.kind == .none { continue }
      store.value =
        store.kind == .entry
        ? renamedEntry(store.value, renaming) : renamed(store.value, renaming)
      let isOfRoot = store.kind == .entry && store.target == 0
      let entry =
        isOfRoot && renaming.swapsSlots
        ? swap?.entry(store.index) ?? store.index : store.index
      let target =
        store.targetsFrame && store.target < layout.frames
        ? renaming.name(of: store.target) : store.target
      BufferedStore(store.kind, target, entry, value: store.value)
        .write(to: cells, at: index)
    }
  }

  private func writeLog(
    of actor: Int, _ state: Cells, _ renaming: Renaming, _ cells: Cells
  ) {
    let log = layout.log(of: actor)
    let words = layout.logWords(of: actor, in: state)
    let before = Mentions(rawValue: state[layout.mentions + actor])
    if !before.stands, !renaming.swapsSlots, renaming.keeps(before.frames) {
      return cells.copy(from: state, at: log, count: words)
    }
    let end = log + words
    var digest = end == log ? 0 : fingerprint.emptyLog
    var mentions = Mentions()
    var index = log
    while index < end {
      var logged = LoggedAccess(in: state, at: index)
      if renaming.swapsSlots, let swap { swap.exchange(in: &logged) }
      if logged.access.targetsFrame, logged.target < layout.frames {
        logged.target = renaming.name(of: logged.target)
      }
      logged.result = renamed(logged.result, renaming)
      mentions.add(logged, frames: layout.frames)
      logged.write(to: cells, at: index)
      digest = fingerprint.digest(digest, logged)
      index += Layout.loggedWords
    }
    if before.stands {
      mentions = before.renamed(by: renaming, frames: layout.frames)
      digest = Standing.digest(
        Standing.digest(state[layout.digests + actor], before), mentions)
    }
    cells[layout.digests + actor] = digest
    cells[layout.mentions + actor] = mentions.rawValue
  }
}
