// SPDX-License-Identifier: Apache-2.0

/// The end of an address space.
///
/// Its tables go out of reach together with the root: no CPU's register and no
/// IOMMU's structure leads to it. A device that was bound has left by an
/// invalidation of its own, which completed before the root's descriptor ceased
/// to name it. So what is left to wait for are the CPUs, which may have cached
/// pointers to the tables, and the software readers.
extension AddressSpace {
  /// Gives back all tables of the half, and the root; or says why not, and has
  /// changed nothing.
  ///
  /// The caller sees to it that nobody else uses the space. Sleeps.
  ///
  /// - Complexity: O(tables + CPUs)
  @inlinable
  @inline(never)
  package func end() throws(P.Interruption) -> EndError? {
    let platform = platform
    if let leaf = try firstLeaf(in: Self.addresses) {
      return EndError(.mapped, at: leaf.range.start)
    }
    if try isShared() { return EndError(.shared) }
    try platform.lock(.sharing)
    let binding = Binding(rawValue: try platform.load(.binding, of: root))
    // Guard: no-end-while-bound
    guard binding.iommus.isEmpty else {
      try platform.unlock(.sharing)
      return EndError(.bound)
    }
    var unlinked = UnlinkedTables<P, Half>(on: platform)
    do throws(P.Interruption) {
      for index in Self.rootIndices {
        try appendTables(
          under: root.address.advanced(byEntries: index),
          level: Format.levels, into: &unlinked)
      }
      try unlinked.append(root, of: root)
    } catch {
      unlinked.forget()
      throw error
    }
    // From here on the root's descriptor says that it is no linked table, so
    // that a bind by its number is a fault.
    let (_, head, _) = try scheme.destruct(unlinked).take()
    try platform.unlock(.sharing)
    try countUser(-1)
    try platform.flush(Self.addresses, of: ownRoot, .tables)
    try platform.awaitReaders()
    try ReleasableBatch(platform, head: head).release()
    return nil
  }

  /// The entries of the root that are this half's.
  @inlinable
  static var rootIndices: Range<Int> {
    if !Half.isKernel { return 0..<Format.kernelHalfIndex }
    return Format.sharesRoots
      ? Format.kernelHalfIndex..<Format.entriesPerTable
      : 0..<Format.entriesPerTable
  }

  /// Adds the table behind an entry of a table of `level`, after those that
  /// hang from it; nothing is mapped in them.
  @inlinable
  func appendTables(
    under slot: PhysicalAddress, level: Int,
    into unlinked: inout UnlinkedTables<P, Half>
  ) throws(P.Interruption) {
    let entry = try platform.load(slot)
    guard Format.isTable(entry, level: level) else { return }
    let table = Format.table(in: entry, level: level)
    if level > 2 {
      for index in 0..<Format.entriesPerTable {
        try appendTables(
          under: table.address.advanced(byEntries: index),
          level: level &- 1, into: &unlinked)
      }
    }
    try unlinked.append(table, of: root)
  }

  // MARK: User spaces that share the kernel half

  /// The first of the kernel half's permanent tables, where roots copy their
  /// entries: its count of entries in use counts each user space too.
  @inlinable
  func firstPermanentTable() throws(P.Interruption) -> FrameNumber {
    Format.table(
      in: try platform.load(
        root.address.advanced(byEntries: Format.kernelHalfIndex)),
      level: Format.levels)
  }

  /// Counts a user space that shares the kernel half, or one that has ended.
  @inlinable
  func countUser(_ change: Int64) throws(P.Interruption) {
    if Half.isKernel { return }
    guard Format.sharesRoots else {
      return try platform.countUsers(
        change, beside: platform.kernelRoot(beside: root))
    }
    _ = try platform.add(change, to: .entryCount, of: firstPermanentTable())
  }

  /// Whether user spaces share this kernel half.
  @inlinable
  func isShared() throws(P.Interruption) -> Bool {
    guard Half.isKernel else { return false }
    guard Format.sharesRoots else {
      return try platform.hasUsers(beside: root)
    }
    let table = try firstPermanentTable()
    // One that keeps the table, and its entries.
    var own: UInt64 = 1
    for index in 0..<Format.entriesPerTable {
      let slot = table.address.advanced(byEntries: index)
      if try platform.load(slot) != 0 { own &+= 1 }
    }
    return try platform.load(.entryCount, of: table) > own
  }
}
