// SPDX-License-Identifier: Apache-2.0

internal import Fallow

extension Core {
  /// Checks that the tables say of a slot what was mapped there.
  mutating func checkLookup(_ slot: Slot) {
    let expected = self.slot(slot.number)
    for page in slot.firstPage..<(slot.firstPage + slot.pageCount) {
      let leaf = lookUp(page)
      let isRight: Bool =
        switch expected {
        case .empty, .over: leaf == nil
        case .busy, .bound, .apart, .unknown: true
        case .shared: leaf != nil
        case .mapped: leaf?.leads(to: page + 64, level: 1) ?? false
        case .large: leaf?.leads(to: slot.firstPage + 64, level: 2) ?? false
        case .within: leaf.map { address(page, in: $0) == page + 64 } ?? false
        case .readOnly:
          leaf.map { !$0.isWritable && $0.leads(to: page + 64, level: 1) }
            ?? false
        }
      if !isRight { note(.wrongLookup) }
    }
  }

  /// Where a leaf maps a page to.
  private func address(_ page: Int, in leaf: Leaf) -> Int {
    let span = 1 << ((leaf.level - 1) * layout.indexBits)
    return leaf.frame + page % span
  }

  /// What the tables say of a page.
  private struct Leaf {
    /// The frame that the leaf begins with.
    var frame: Int
    var level: Int
    var isWritable: Bool

    func leads(to frame: Int, level: Int) -> Bool {
      self.frame == frame && self.level == level
    }
  }

  private func lookUp(_ page: Int) -> Leaf? {
    var table = 0
    var level = layout.levels
    while true {
      var span = 1
      for _ in 1..<level { span *= layout.entriesPerTable }
      let index = page / span % layout.entriesPerTable
      let entry = cells[layout.entry(table, index)]
      if entry & TinyEntry.present == 0 { return nil }
      guard let next = self.table(in: entry) else {
        return Leaf(
          frame: Int(entry >> FrameNumber.shift), level: level,
          isWritable: entry & TinyEntry.writable != 0)
      }
      if level == 1 { return nil }
      table = next
      level -= 1
    }
  }
}
