// SPDX-License-Identifier: Apache-2.0

internal import Fallow

extension SteppingMachine {
  /// A shared access: the pages that `slot` was mapped to go to another owner.
  ///
  /// Data pages have no contents here. What is checked is that no walker can
  /// still use a translation that leads to one of them: ``Oracle/staleLeaf``.
  ///
  /// - Parameter slot: The slot that the pages belonged to.
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func releasePages(of slot: Slot) throws(Stop) {
    if try core.begin(.releasePages, slot.number) != nil { return }
    let pages = slot.firstPage..<(slot.firstPage + slot.pageCount)
    // Guard: leaves-lead-to-pages
    if core.isHeld(anyOf: pages) { throw core.fail(.staleLeaf) }
    try core.end(.releasePages, slot.number, 0, 0)
  }
}

extension Core {
  /// Whether a walker holds a leaf, or is on a walk that read one, for one of
  /// `pages`.
  func isHeld(anyOf pages: Range<Int>) -> Bool {
    (1...layout.places).contains { place in
      guard layout.pages(of: place).overlaps(pages) else { return false }
      return (0..<layout.walkers).contains { walker in
        [false, true].contains {
          cells[layout.set(of: walker, old: $0), byte: leafByte(place)] != 0
        }
      }
    }
  }
}
