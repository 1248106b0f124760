// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Exchanges the names of two slots that nothing but their addresses
/// distinguishes: each is all that one entry of the root covers.
final class SlotSwap: Sendable {
  let layout: Layout
  /// The bytes of a walker's set that exchange their content: the tables and
  /// leaves at the root's entries, and the leaves of pages.
  private let exchangedBytes: [(Int, Int)]

  /// Nil if the slots of `scenario` are not such slots.
  init?(_ scenario: Scenario, layout: Layout) {
    let pages = layout.entriesPerTable
    guard layout.levels == 2,
      scenario.slots.count == 2,
      !scenario.slots.contains(where: \.isBinding),
      scenario.slots.allSatisfy({ $0.firstPage == $0.number * pages }),
      scenario.slots[0].pageCount == scenario.slots[1].pageCount
    else { return nil }
    self.layout = layout
    let leaves = layout.tablePlaces
    exchangedBytes =
      [(0, 1), (leaves, leaves + 1)]
      + (0..<pages).map { (leaves + pages + $0, leaves + 2 * pages + $0) }
  }

  /// An entry of the root.
  @inline(__always)
  func entry(_ index: Int) -> Int { index < 2 ? index ^ 1 : index }

  /// A page.
  @inline(__always)
  func page(_ page: Int) -> Int {
    page < 2 &* layout.entriesPerTable ? page ^ layout.entriesPerTable : page
  }

  /// A place of the tree.
  @inline(__always)
  func place(_ place: Int) -> Int {
    if place == 0 { return 0 }
    let width = layout.entriesPerTable
    return place <= width
      ? 1 &+ entry(place &- 1) : 1 &+ width &+ page(place &- 1 &- width)
  }

  /// What a leaf says: where its page is mapped to shows the slot.
  @inline(__always)
  func leaf(_ entry: UInt64) -> UInt64 {
    let target = Int(truncatingIfNeeded: entry &>> FrameNumber.shift) &- 64
    guard entry & TinyEntry.leaf != 0, target >= 0 else { return entry }
    return entry & (FrameNumber.size - 1)
      | UInt64(64 &+ page(target)) &<< FrameNumber.shift
  }

  /// What the slots hold.
  @inline(__always)
  func states(_ word: UInt64) -> UInt64 {
    word & ~0xff | word &<< 4 & 0xf0 | word &>> 4 & 0xf
  }

  /// A command: its pages are all, or those of one slot.
  @inline(__always)
  func command(_ command: QueueDescriptor) -> QueueDescriptor {
    let pages = command.pages
    guard pages.count > 0, pages.count <= layout.entriesPerTable else {
      return command
    }
    return QueueDescriptor(
      command.kind, pasid: command.isOfEveryPASID ? nil : command.pasid,
      pages: page(pages.lowerBound)..<(page(pages.lowerBound) + pages.count),
      leavesOnly: command.leavesOnly, ticket: command.ticket)
  }

  /// What an access was, and its result.
  @inline(__always)
  func exchange(in logged: inout LoggedAccess) {
    guard logged.isOne(of: Access.ofEntries) else { return }
    if logged.target == 0, logged.detail < 2 { logged.detail ^= 1 }
    logged.result = leaf(logged.result)
  }

  /// Whether an access, or its result, names a slot.
  @inline(__always)
  func isNamed(by logged: LoggedAccess) -> Bool {
    logged.isOne(of: Access.ofEntries)
      && (logged.target == 0 && logged.detail < 2
        || leaf(logged.result) != logged.result)
  }

  /// Whether the slots of a state have to change names; nil if what the slots
  /// hold and which actors work on them does not decide it.
  @inline(__always)
  static func isDue(in state: Cells, _ layout: Layout) -> Bool? {
    var actor = 0
    while actor < layout.actors {
      let header = state[layout.headers &+ actor]
      if actor != layout.worker, actor != layout.callback,
        header &>> 8 & 0xff != 0
      {
        return header &>> 16 & 0xff == 1
      }
      actor &+= 1
    }
    let word = state[Layout.slotStates]
    let (first, second) = (word & 0xf, word &>> 4 & 0xf)
    return first == second ? nil : first < second
  }
}

extension SlotSwap {
  /// A step of an operation on a slot, or of a walker at a place.
  func exchange(in action: inout Action) {
    switch action.kind {
    case .begin, .turn:
      if action.actor != layout.worker, action.actor != layout.callback {
        action.rawValue ^= 1 << 16
      }
    case .fill, .evict, .walk, .step, .flag:
      action.rawValue =
        action.rawValue & ~0xff00 | UInt32(place(action.move)) << 8
    case .mark where action.move == 0: action.rawValue ^= 1 << 16
    case .carryOut, .failure, .drain, .mark, .settle: break
    }
  }
}

// MARK: States

extension SlotSwap {
  /// Exchanges the names of the slots in a state, but for its logs and what it
  /// says of them.
  func exchange(in cells: Cells) {
    cells[Layout.slotStates] = states(cells[Layout.slotStates])
    for actor in 0..<layout.actors
    where actor != layout.worker && actor != layout.callback {
      let header = cells[layout.headers &+ actor]
      if header &>> 8 & 0xff != 0 {
        cells[layout.headers &+ actor] = header ^ 1 &<< 16
      }
    }
    for byte in 0..<(layout.frames &* layout.placeBytes) {
      cells[layout.linkedPlaces, byte: byte] = places(
        cells[layout.linkedPlaces, byte: byte])
    }
    exchangeEntries(cells, at: layout.entries)
    if !layout.iommusSnoop { exchangeEntries(cells, at: layout.inMemory) }
    for index in layout.entries..<layout.fields {
      cells[index] = leaf(cells[index])
    }
    exchangeQueues(cells)
    exchangePlaces(cells, Layout.absent)
    for index in layout.rights..<layout.buffers {
      exchangePlaces(cells, index)
    }
    exchangeStores(cells)
    for set in 0..<(layout.walkers &* 2) {
      let first = layout.sets &+ set &* layout.setWords
      for (one, other) in exchangedBytes {
        (cells[first, byte: one], cells[first, byte: other]) =
          (cells[first, byte: other], cells[first, byte: one])
      }
    }
  }

  private func exchangeEntries(_ cells: Cells, at root: Int) {
    (cells[root], cells[root + 1]) = (cells[root + 1], cells[root])
  }

  /// A word that has a bit for each place.
  private func exchangePlaces(_ cells: Cells, _ index: Int) {
    var left = cells[index]
    var places: UInt64 = 0
    while left != 0 {
      places |= 1 << UInt64(place(left.trailingZeroBitCount + 1) - 1)
      left &= left - 1
    }
    cells[index] = places
  }

  /// A set of places of tables, all of which are entries of the root.
  private func places(_ places: UInt8) -> UInt8 {
    places & ~3 | places << 1 & 2 | places >> 1 & 1
  }

  private func exchangeQueues(_ cells: Cells) {
    for index in layout.queues..<layout.sets where cells[index] != 0 {
      let pair = cells[index]
      let low = command(
        QueueDescriptor(rawValue: UInt32(truncatingIfNeeded: pair)))
      let high = command(QueueDescriptor(rawValue: UInt32(pair >> 32)))
      cells[index] = UInt64(low.rawValue) | UInt64(high.rawValue) << 32
    }
  }

  /// What CPUs have stored and no other sees yet.
  private func exchangeStores(_ cells: Cells) {
    for index in stride(
      from: layout.buffers, to: layout.headers, by: Layout.bufferedWords)
    {
      let store = BufferedStore(in: cells, at: index)
      guard store.kind == .entry else { continue }
      BufferedStore(
        .entry, store.target,
        store.target == 0 ? entry(store.index) : store.index,
        value: leaf(store.value)
      ).write(to: cells, at: index)
    }
  }
}

extension Core {
  /// What exchanges the slots for an actor that works on the second, so that
  /// all seem to work on the first.
  ///
  /// The worker, and the actor that carries out callbacks, work on none.
  var swapOfOwnSlot: SlotSwap? {
    actor != layout.worker && actor != layout.callback
      && cells[layout.headers &+ actor] &>> 16 & 0xff == 1 ? slotSwap : nil
  }
}
