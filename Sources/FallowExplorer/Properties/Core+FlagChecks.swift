// SPDX-License-Identifier: Apache-2.0

/// What must not happen where walkers set flags, and where they take no two
/// sizes.
extension Core {
  /// Whether a walker that holds the table at a place, or a leaf from there,
  /// may write into it.
  func writesFlags(in place: Int, isLeaf: Bool) -> Bool {
    switch rules.flags {
    case .none: false
    case .leaves: isLeaf || place > 0 && layout.level(of: place) == 2
    case .tables: true
    }
  }

  /// Checks that a walker holds no leaf of which it also holds a part.
  mutating func checkSizes(_ walker: Int) {
    let set = layout.set(of: walker, old: false)
    for place in 1...layout.tablePlaces
    where cells[set, byte: leafByte(place)] != 0 {
      for index in 0..<layout.entriesPerTable {
        let below = layout.child(of: place, index)
        if cells[set, byte: leafByte(below)] != 0 { return note(.mixedSizes) }
      }
    }
  }
}
