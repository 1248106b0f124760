// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Spaces that devices share, and their ends.
///
/// Of such a space only the root's descriptor is kept; its half is empty.
extension Core {
  /// Whether an entry is of the root of such a space.
  func isOfSharedRoot(_ entry: PhysicalAddress) -> Bool {
    let frame = index(of: FrameNumber(containing: entry))
    return frame >= layout.frames && frame < layout.frames + layout.roots
  }

  /// Makes them spaces of a user half, beside the kernel's, which can end.
  mutating func makeUserSpaces() {
    hasUserSpaces = true
    for frame in layout.frames..<(layout.frames + layout.roots) {
      var word = TypeWord.table(
        of: UserHalf.self, level: layout.levels, order: 0)
      word.state = .linked
      cells[layout.field(.typeWord, of: frame)] = UInt64(word.rawValue)
      cells[layout.field(.entryCount, of: frame)] = Self.otherHalf(
        number(0).rawValue)
    }
    cells.setBits(
      Self.otherHalf(UInt64(layout.roots)), at: layout.field(.entryCount, of: 0)
    )
  }

  /// The root of a space is given back: no IOMMU may begin a walk from it any
  /// more, nor have one under way.
  mutating func endSpace(from root: Int) throws(Stop) {
    if isFree(root) { throw fail(.doubleFree) }
    cells.setBits(1 << UInt64(root), at: Layout.goneRoots)
    let pasid = root - layout.frames
    for iommu in 0..<layout.iommus where isWalked(pasid, on: iommu) {
      throw fail(.endedWhileBound)
    }
    happened |= CoverageGoal.ended.bit
  }

  /// Where the library keeps, of a user root, the kernel's, and of that the
  /// number of user roots.
  private static let otherHalf = BitField(62, 16)

  private func isWalked(_ pasid: Int, on iommu: Int) -> Bool {
    if isLive(pasid, on: iommu) { return true }
    let walker = layout.walker(iommu: iommu, pasid: pasid)
    return [false, true].contains { isOld in
      let set = layout.set(of: walker, old: isOld)
      return (set..<(set + layout.setWords)).contains { cells[$0] != 0 }
    }
  }
}
