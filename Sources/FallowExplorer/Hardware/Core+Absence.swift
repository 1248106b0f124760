// SPDX-License-Identifier: Apache-2.0

/// CPUs that cache that an entry is not present.
///
/// Until ``SteppingMachine/publish(_:of:)`` or a flush covers an address, a CPU
/// may take it for not mapped that once was not. Like what walkers hold, all
/// that could be cached is.
extension Core {
  /// A CPU has read an entry that is not present, for a place.
  @inline(__always)
  func noteAbsence(at place: Int) {
    guard rules.cpusCacheAbsence else { return }
    cells.setBits(Self.bit(of: place), at: Layout.absent)
  }

  /// The CPUs forget that entries which cover some of `pages` are not present.
  func forgetAbsence(of pages: Range<Int>) {
    guard rules.cpusCacheAbsence else { return }
    for place in 1...layout.places
    where layout.pages(of: place).overlaps(pages) {
      cells.clearBits(Self.bit(of: place), at: Layout.absent)
    }
  }

  /// Checks that no CPU takes a mapped slot for one that is not.
  mutating func checkAbsence(_ slot: Slot) {
    switch self.slot(slot.number) {
    case .mapped, .large, .within, .readOnly, .shared: break
    case .empty, .over, .busy, .bound, .apart, .unknown: return
    }
    let pages = slot.firstPage..<(slot.firstPage + slot.pageCount)
    for place in 1...layout.places
    where cells[Layout.absent] & Self.bit(of: place) != 0
      && layout.pages(of: place).overlaps(pages)
    {
      return note(.staleAbsence)
    }
  }

  private static func bit(of place: Int) -> UInt64 {
    1 << UInt64(place - 1)
  }
}
