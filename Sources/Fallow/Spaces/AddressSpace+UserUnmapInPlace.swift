// SPDX-License-Identifier: Apache-2.0

extension AddressSpace where Half == UserHalf {
  /// Unmaps pages of one linked table, and adds what devices may still hold of
  /// them to `stale`: what ``unmap(_:into:)`` does, by one walk.
  ///
  /// The CPUs have flushed the range when it returns.
  ///
  /// - Returns: False if the range is not made of pages of one linked table:
  ///   then nothing has changed, and the general path finds out what it is.
  /// - Complexity: O(pages)
  @inlinable
  @inline(__always)
  package func unmapInPlace(
    _ range: VirtualRange, into stale: inout StaleRange<P>
  ) throws(P.Interruption) -> Bool {
    guard Self.pageCount(inOneTable: range) != nil, refusal(of: range) == nil
    else { return false }
    try platform.enterReadSection()
    let place = try descend(to: range.start, level: 1)
    guard place.level == 1 else {
      try platform.leaveReadSection()
      return false
    }
    var unlinked = UnlinkedTables<P, UserHalf>(on: platform)
    var visitor = NoVisitor()
    do throws(P.Interruption) {
      let step = try unmapPages(
        at: range.start, left: range.size, in: place.table, into: &unlinked,
        visiting: &visitor)
      try platform.leaveReadSection()
      if step.hasCleared {
        try platform.flush(
          range, of: root, unlinked.isEmpty ? .leaves : .tables)
        try stale.insert(range, of: root, isKernel: false)
      }
    } catch {
      unlinked.forget()
      throw error
    }
    try stale.insert(unlinked)
    return true
  }
}
