// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Store buffers: what a CPU stores is seen by others later, each store after
/// those before it.
///
/// The memory is the one that `Platform` promises, and no stronger: a plain
/// store waits, and so does what gives a lock back or ends a read section.
/// What `Platform` calls a full fence waits until the CPU's buffer is empty,
/// and so does what hands something on: a frame, a wake-up, a doorbell, and the
/// end of an operation, by which another may go on with the slot. The CPU
/// itself sees its own stores.
///
/// What an actor stores in a frame that nobody else can reach does not wait:
/// nobody could see whether it does.
extension Core {
  /// Whether stores wait.
  @inline(__always)
  var buffersStores: Bool { layout.bufferWords != 0 && !runsThrough }

  /// Whether an access is the one whose fence is missing.
  func isUnfenced(_ access: Access, _ target: Int) -> Bool {
    switch missingFence {
    case .none: false
    case .readSection: access == .enterReadSection
    case .flushMark:
      access == .exchangeWord && actor == layout.worker
        && layout.words + target == layout.word(always: .flushOwed)
    }
  }

  private var ownBuffer: Int { layout.buffer(of: cpu(of: actor)) }

  func isBuffering(_ cpu: Int) -> Bool {
    layout.bufferWords != 0 && cells[layout.buffer(of: cpu)] != 0
  }

  /// Puts a store of the actor's CPU into the buffer; if that is full, the
  /// oldest is seen first.
  mutating func put(_ store: BufferedStore) throws(Stop) {
    if isFull(ownBuffer) { try drainOldest(of: cpu(of: actor)) }
    var place = ownBuffer
    while cells[place] != 0 { place += Layout.bufferedWords }
    store.write(to: cells, at: place)
  }

  /// Whether others see by an access what the actor's CPU stored before it: the
  /// access waits for that, or needs room in a buffer that is full.
  func showsStores(_ access: Access) -> Bool {
    access.waitsForStores || access.isRelease && isFull(ownBuffer)
  }

  private func isFull(_ buffer: Int) -> Bool {
    cells[buffer + layout.bufferWords - Layout.bufferedWords] != 0
  }

  /// The CPU's own latest store to there.
  func forwarded(
    _ kind: BufferedStore.Kind, _ target: Int, _ index: Int = 0
  ) -> UInt64? {
    waiting(kind, target, index, on: cpu(of: actor))
  }

  /// The value of the latest store to there that waits in a CPU's buffer.
  func waiting(
    _ kind: BufferedStore.Kind, _ target: Int, _ index: Int = 0, on cpu: Int
  ) -> UInt64? {
    let first = layout.buffer(of: cpu)
    var place = first + layout.bufferWords
    while place > first {
      place -= Layout.bufferedWords
      let store = BufferedStore(in: cells, at: place)
      if store.kind == kind, store.target == target, store.index == index {
        return store.value
      }
    }
    return nil
  }

  /// What the actor's CPU sees in the cell of an entry.
  @inline(__always)
  func seenEntry(_ cell: Int) -> UInt64 {
    guard buffersStores else { return cells[cell] }
    let place = cell - layout.entries
    return forwarded(
      .entry, place / layout.entriesPerTable, place % layout.entriesPerTable)
      ?? cells[cell]
  }

  /// Waits until all that the actor's CPU stored is seen.
  mutating func drain() throws(Stop) {
    while cells[ownBuffer] != 0 { try drainOldest(of: cpu(of: actor)) }
  }

  /// Lets the oldest store of a CPU be seen.
  mutating func drainOldest(of cpu: Int) throws(Stop) {
    let first = layout.buffer(of: cpu)
    let store = BufferedStore(in: cells, at: first)
    let end = first + layout.bufferWords
    for place in first..<(end - Layout.bufferedWords) {
      cells[place] = cells[place + Layout.bufferedWords]
    }
    for place in (end - Layout.bufferedWords)..<end { cells[place] = 0 }
    switch store.kind {
    case .none: break
    case .entry:
      if isFree(store.target) { throw fail(.accessToFree, at: store.target) }
      let cell = layout.entry(store.target, store.index)
      if cells[cell] == store.value { break }
      cells[cell] = store.value
      try entryChanged(store.target, store.index, to: store.value)
    case .field:
      if isFree(store.target) { throw fail(.accessToFree, at: store.target) }
      guard let field = DescriptorField(rawValue: UInt8(store.index)) else {
        break
      }
      try setField(field, of: store.target, to: store.value)
    case .word: cells[layout.words + store.target] = store.value
    case .unlock: cells[Layout.locks, byte: store.target] = 0
    case .enter: cells.setBits(1 << UInt64(store.target), at: Layout.readers)
    case .leave: endReadSection(of: store.target)
    case .memory, .ownField: try drainToMemory(store)
    }
  }

  /// A read section ends for the actors that wait for it.
  func endReadSection(of actor: Int) {
    let bit: UInt64 = 1 << UInt64(actor)
    cells.clearBits(bit, at: Layout.readers)
    if layout.hasCallbacks { leaveCallbacks(readers: bit) }
    for other in 0..<layout.actors
    where cells[layout.headers + other] >> 40 & 1 != 0 {
      cells.clearBits(bit << 24, at: layout.headers + other)
    }
  }
}
