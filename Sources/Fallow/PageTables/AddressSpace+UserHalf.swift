// SPDX-License-Identifier: Apache-2.0

extension AddressSpace where Half == KernelHalf {
  /// Clears the entries of the root's user half, which only an adopted root has,
  /// and adds the tables behind them to `unlinked`.
  ///
  /// The CPUs have flushed the half when it returns.
  @inlinable
  package func unmapAdoptedUserHalf(
    into unlinked: inout UnlinkedTables<P, KernelHalf>
  ) throws(P.Interruption) {
    guard Format.sharesRoots else { return }
    var cleared: Int64 = 0
    var visitor = NoVisitor()
    for index in 0..<Format.kernelHalfIndex {
      let entry = try platform.exchange(
        0, at: root.address.advanced(byEntries: index))
      if entry == 0 { continue }
      cleared &+= 1
      guard Format.isTable(entry, level: Format.levels) else { continue }
      let table = Format.table(in: entry, level: Format.levels)
      if try end(table) {
        try appendSubtree(
          table, level: Format.levels &- 1,
          at: VirtualAddress(Format.size(of: index, level: Format.levels)),
          into: &unlinked, visiting: &visitor)
      }
    }
    _ = try platform.add(-cleared, to: .entryCount, of: root)
    try platform.flush(Format.userHalf, of: root, .tables)
  }
}
