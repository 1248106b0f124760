extension AddressSpace where Half == KernelHalf {
  /// Takes over the tables that a boot loader or early boot code made, from
  /// `root` on, or returns nil if there are no frames.
  ///
  /// Every table that can be reached gets a descriptor with the kernel mark,
  /// and the count of its entries. From then on it takes the same route as any
  /// other; one in reserved memory ends retained. Missing tables of the root's
  /// kernel half are made, and all of them are permanent, as where the library
  /// makes the root. A table that hangs from several entries is permanent too.
  ///
  /// Entries that point to tables are rewritten as the library writes them:
  /// what may be done is decided at the leaves.
  ///
  /// `isReserved` says whether a frame belongs to memory that no allocator may
  /// have back.
  ///
  /// - Precondition: Nobody else changes the tables, and their frames have
  ///   descriptors that say nothing yet. The CPUs walk from `root`; no device
  ///   does.
  /// - Complexity: O(entries)
  @inlinable
  public static func adopt(
    _ root: FrameNumber, scheme: Scheme, emptyTables: EmptyTables = .free,
    isReserved: (FrameNumber) -> Bool
  ) throws(P.Interruption) -> Self? {
    let platform = scheme.platform
    try adopt(
      table: root, level: Format.levels, on: platform, isReserved: isReserved)
    try platform.store(0, to: .binding, of: root)
    for index in Format.kernelHalfIndex..<Format.entriesPerTable {
      let slot = root.address.advanced(byEntries: index)
      let entry = try platform.load(slot)
      if entry != 0 {
        _ = try platform.add(
          1, to: .live, of: Format.table(in: entry, level: Format.levels))
        continue
      }
      guard
        let table = try ConstructedTable<P, KernelHalf>.make(
          on: platform, level: Format.levels &- 1,
          entries: Format.entriesPerTable)
      else { return nil }
      try platform.store(1, to: .live, of: table.frame)
      let link = Format.tableEntry(
        pointingTo: table.frame.address, isKernel: true)
      var found: UInt64 = 0
      if let lost = try table.link(at: slot, entry: link, found: &found) {
        try lost.release()
        preconditionFailure("someone else changes the tables")
      }
    }
    return Self(scheme: scheme, root: root, emptyTables: emptyTables)
  }

  /// Gives a live table its descriptor, and those below it theirs.
  @inlinable
  static func adopt(
    table: FrameNumber, level: Int, on platform: P,
    isReserved: (FrameNumber) -> Bool
  ) throws(P.Interruption) {
    let before = try platform.typeWord(of: table)
    if before.kind == .table && before.state == .linked {
      // It was reached by another entry: one more that nobody clears.
      _ = try platform.add(1, to: .live, of: table)
      return
    }
    var word = TypeWord.table(of: KernelHalf.self, level: level, order: 0)
      .inZone(of: before)
    word.state = .linked
    word[.reservedMemory] = isReserved(table)
    try platform.setTypeWord(word, of: table)
    try platform.count(1, at: .account(.constructed))
    try platform.account(1, from: .constructed, to: .linked)
    var used: UInt64 = 0
    for index in 0..<Format.entriesPerTable {
      let slot = table.address.advanced(byEntries: index)
      let entry = try platform.load(slot)
      if entry == 0 { continue }
      used &+= 1
      guard Format.isPresent(entry), !Format.isLeaf(entry, level: level)
      else { continue }
      let child = Format.table(in: entry, level: level)
      _ = try platform.exchange(
        Format.tableEntry(pointingTo: child.address, isKernel: true), at: slot)
      try adopt(
        table: child, level: level &- 1, on: platform, isReserved: isReserved)
    }
    try platform.store(used, to: .live, of: table)
  }
}
