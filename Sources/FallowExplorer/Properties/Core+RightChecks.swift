// SPDX-License-Identifier: Apache-2.0

/// Rights that were taken away.
extension Core {
  /// Checks that no walker may write to a slot from which the right to write
  /// was taken.
  mutating func checkRights(_ slot: Slot) {
    guard layout.keepsRights, self.slot(slot.number) == .readOnly else {
      return
    }
    let pages = slot.firstPage..<(slot.firstPage + slot.pageCount)
    var places: UInt64 = 0
    for place in 1...layout.places where layout.pages(of: place).overlaps(pages)
    {
      places |= Self.rightBit(of: place)
    }
    for index in layout.rights..<layout.buffers
    where cells[index] & places != 0 {
      return note(.staleRight)
    }
  }
}
