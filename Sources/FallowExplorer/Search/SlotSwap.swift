internal import Fallow

/// Exchanges the names of two slots that nothing but their addresses tells
/// apart: each is all that one entry of the root covers.
struct SlotSwap: BitwiseCopyable {
  private let layout: Layout

  /// Nil if the slots of `scenario` are not such slots, or if its operations
  /// treat them differently.
  init?(_ scenario: Scenario, layout: Layout) {
    let pages = layout.entriesPerTable
    guard scenario.slotsAreAlike, layout.levels == 2,
      scenario.slots.count == 2,
      !scenario.slots.contains(where: \.isBinding),
      scenario.slots.allSatisfy({ $0.firstPage == $0.number * pages }),
      scenario.slots[0].pageCount == scenario.slots[1].pageCount
    else { return nil }
    self.layout = layout
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

  /// What a leaf says: where its page is mapped to tells the slot.
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
      command.kind, pasid: command.pasid,
      pages: page(pages.lowerBound)..<(page(pages.lowerBound) + pages.count),
      leavesOnly: command.leavesOnly, ticket: command.ticket)
  }

  /// A word of a log.
  @inline(__always)
  func exchange(in logged: inout LoggedAccess, _ access: Access) {
    guard access.targetsEntry else { return }
    if logged.target == 0, logged.rawValue &>> 40 & 0xff < 2 {
      logged.rawValue ^= 1 &<< 40
    }
    if access.result == .entry {
      logged.rawValue =
        logged.rawValue & ~0xff_ffff_ffff
        | leaf(logged.rawValue & 0xff_ffff_ffff)
    }
  }

  /// Whether the slots of a state have to change names; nil if what the slots
  /// hold and who works on them does not tell.
  @inline(__always)
  func isDue(in state: Cells) -> Bool? {
    var actor = 0
    while actor < layout.actors {
      let header = state[layout.headers &+ actor]
      if actor != layout.worker, header &>> 8 & 0xff != 0 {
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
      if action.actor != layout.worker { action.rawValue ^= 1 << 16 }
    case .fill, .evict, .walk, .step:
      action.rawValue =
        action.rawValue & ~0xff00 | UInt32(place(action.move)) << 8
    case .carryOut, .failure, .drain: break
    }
  }
}
