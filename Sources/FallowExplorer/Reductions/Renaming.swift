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

  /// Whether the first `frames` frames keep their names.
  @inline(__always)
  func keepsFrames(_ frames: Int) -> Bool {
    let used = UInt64.max &>> UInt64(truncatingIfNeeded: 64 &- 8 &* frames)
    return names & used == Self.identity.names & used
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

  /// Writes `state` by the names of `renaming` to `cells`, but for the logs.
  func write(_ state: Cells, by renaming: Renaming, to cells: Cells) {
    cells.copy(from: state, count: layout.logs)
    if !renaming.keepsFrames(layout.frames) {
      writeFrameSets(of: state, renaming, cells)
      writeFrames(of: state, renaming, cells)
      writeBuffers(of: state, renaming, cells)
    }
    if renaming.swapsSlots, let swap { swap.exchange(in: cells) }
    for actor in 0..<layout.actors {
      writeSummary(of: actor, state, renaming, cells)
    }
  }

  /// Writes the logs of `state` by the names of `renaming` to `cells`.
  func writeLogs(of state: Cells, by renaming: Renaming, to cells: Cells) {
    for actor in 0..<layout.actors {
      writeLog(of: actor, state, renaming, cells)
    }
  }

  @inline(__always)
  private func renamed(_ word: UInt64, _ renaming: Renaming) -> UInt64 {
    guard let frame = FrameName.frame(in: word), frame < layout.frames else {
      return word
    }
    return FrameName.replacing(in: word, with: renaming.name(of: frame))
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

  /// Writes the sets of frames that words have.
  private func writeFrameSets(
    of state: Cells, _ renaming: Renaming, _ cells: Cells
  ) {
    let all = (1 as UInt64) &<< UInt64(truncatingIfNeeded: layout.frames) &- 1
    func write(_ index: Int) {
      let frames = UInt8(truncatingIfNeeded: state[index] & all)
      cells[index] = state[index] & ~all | UInt64(renamedSet(frames, renaming))
    }
    write(Layout.free)
    write(Layout.awaited)
    // A byte for each actor.
    writeSets(of: state, Layout.retired, renaming, cells)
    writeSets(of: state, Layout.unlinked, renaming, cells)
    writeSets(of: state, Layout.moved, renaming, cells)
    for index in layout.sets..<layout.structures {
      writeSets(of: state, index, renaming, cells)
    }
  }

  /// Writes a word of which each byte is a set of frames.
  @inline(__always)
  private func writeSets(
    of state: Cells, _ index: Int, _ renaming: Renaming, _ cells: Cells
  ) {
    var left = state[index]
    if left == 0 { return }
    var sets: UInt64 = 0
    while left != 0 {
      let bit = UInt64(truncatingIfNeeded: left.trailingZeroBitCount)
      left &= left &- 1
      let name = renaming.name(of: Int(truncatingIfNeeded: bit & 7))
      sets |= 1 &<< (bit & ~7 | UInt64(truncatingIfNeeded: name))
    }
    cells[index] = sets
  }

  /// Writes the words that name frames, those of each frame at its new name.
  private func writeFrames(
    of state: Cells, _ renaming: Renaming, _ cells: Cells
  ) {
    let width = layout.placeBytes
    for frame in 0..<layout.frames {
      let name = renaming.name(of: frame)
      for byte in 0..<width {
        cells[layout.linkedPlaces, byte: name &* width &+ byte] =
          state[layout.linkedPlaces, byte: frame &* width &+ byte]
      }
      func write(_ first: Int, _ count: Int) {
        writeWords(
          of: state, at: first &+ frame &* count, count, renaming, cells,
          at: first &+ name &* count)
      }
      write(layout.entries, layout.entriesPerTable)
      if !layout.iommusSnoop { write(layout.inMemory, layout.entriesPerTable) }
      write(layout.fields, 4)
      write(layout.programFields, layout.programFieldCount)
    }
    let others = layout.fields &+ layout.frames &* 4
    writeWords(
      of: state, at: others, layout.programFields &- others, renaming, cells,
      at: others)
    writeWords(
      of: state, at: layout.words, layout.queues &- layout.words, renaming,
      cells, at: layout.words)
  }

  /// Writes so many words to another place, or to the same.
  @inline(__always)
  private func writeWords(
    of state: Cells, at from: Int, _ count: Int, _ renaming: Renaming,
    _ cells: Cells, at to: Int
  ) {
    var index = 0
    while index < count {
      cells[to &+ index] = renamed(state[from &+ index], renaming)
      index &+= 1
    }
  }

  private func writeBuffers(
    of state: Cells, _ renaming: Renaming, _ cells: Cells
  ) {
    for index in stride(
      from: layout.buffers, to: layout.headers, by: Layout.bufferedWords)
    {
      let store = BufferedStore(in: state, at: index)
      if store.kind == .none { continue }
      let target =
        store.targetsFrame && store.target < layout.frames
        ? renaming.name(of: store.target) : store.target
      BufferedStore(
        store.kind, target, store.index, value: renamed(store.value, renaming)
      ).write(to: cells, at: index)
    }
  }

  private func writeSummary(
    of actor: Int, _ state: Cells, _ renaming: Renaming, _ cells: Cells
  ) {
    let mentions = Mentions(rawValue: state[layout.mentions &+ actor])
    if !renaming.keeps(mentions.frames) {
      cells[layout.mentions &+ actor] =
        mentions.renamed(by: renaming, frames: layout.frames).rawValue
    }
    // All others work on a slot, which its digest takes for the first.
    if renaming.swapsSlots, !mentions.stands,
      actor == layout.worker || actor == layout.callback, let swap
    {
      cells[layout.digests &+ actor] = digest(of: actor, state, swap)
    }
  }

  /// The digest of a log whose slots are exchanged; of most logs it is the same.
  private func digest(
    of actor: Int, _ state: Cells, _ swap: SlotSwap
  ) -> UInt64 {
    let log = layout.log(of: actor)
    let end = log + layout.logWords(of: actor, in: state)
    let namesSlots = stride(from: log, to: end, by: Layout.loggedWords)
      .contains { swap.isNamed(by: LoggedAccess(in: state, at: $0)) }
    if !namesSlots { return state[layout.digests + actor] }
    var summary = LogSummary(digest: end == log ? 0 : fingerprint.emptyLog)
    for index in stride(from: log, to: end, by: Layout.loggedWords) {
      var logged = LoggedAccess(in: state, at: index)
      swap.exchange(in: &logged)
      summary.add(logged, frames: layout.frames, fingerprint)
    }
    return summary.digest
  }

  private func writeLog(
    of actor: Int, _ state: Cells, _ renaming: Renaming, _ cells: Cells
  ) {
    let log = layout.log(of: actor)
    let words = layout.logWords(of: actor, in: state)
    let mentions = Mentions(rawValue: state[layout.mentions + actor])
    if !mentions.stands, !renaming.swapsSlots, renaming.keeps(mentions.frames) {
      return cells.copy(from: state, at: log, count: words)
    }
    var index = log
    while index < log + words {
      var logged = LoggedAccess(in: state, at: index)
      if renaming.swapsSlots, let swap { swap.exchange(in: &logged) }
      if logged.isOne(of: Access.ofFrames), logged.target < layout.frames {
        logged.target = renaming.name(of: logged.target)
      }
      logged.result = renamed(logged.result, renaming)
      logged.write(to: cells, at: index)
      index += Layout.loggedWords
    }
  }
}
