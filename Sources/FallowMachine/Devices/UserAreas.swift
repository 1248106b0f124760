// SPDX-License-Identifier: Apache-2.0

import Fallow

/// The areas of the user halves, by PASID.
struct UserAreas {
  private var pasids: [PASID] = []
  private var sets: [AreaSet] = []

  /// The index of the space of `pasid`.
  mutating func space(of pasid: PASID) -> Int {
    if let space = pasids.firstIndex(of: pasid) { return space }
    pasids.append(pasid)
    sets.append(AreaSet())
    return sets.count - 1
  }

  /// The areas of a space.
  @inline(__always)
  subscript(space: Int) -> AreaSet {
    _read { yield sets[space] }
    _modify { yield &sets[space] }
  }
}
