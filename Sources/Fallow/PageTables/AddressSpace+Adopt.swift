// SPDX-License-Identifier: Apache-2.0

extension AddressSpace where Half == KernelHalf {
  /// Takes over the tables that a boot loader or early boot code made, from
  /// `root` on.
  ///
  /// Every table that can be reached gets a descriptor with the kernel mark,
  /// and the count of its entries. From then on it takes the same route as any
  /// other; one in reserved memory ends retained. Missing tables of the root's
  /// kernel half are made, and all of them are permanent, as where the library
  /// makes the root.
  ///
  /// Entries that point to tables are rewritten as the library writes them.
  /// What that would change is refused instead, and so is every entry that the
  /// format's leaves and tables cannot hold:
  ///
  /// - a table in a frame without a descriptor;
  /// - a table that hangs from two entries: drop one first, such as the identity
  ///   map of boot code;
  /// - a table entry that restricts or widens what the leaves allow;
  /// - an entry that is not present and not zero;
  /// - a leaf with a memory type, a right or a hint that ``LeafAttributes`` does
  ///   not have: the PAT bit, other indices of MAIR, contiguous groups. Bits that
  ///   walkers ignore are kept: ``PageTableFormat/ignoredBits``.
  /// - a leaf in the root's kernel half, where every root copies those entries.
  ///
  /// - Parameters:
  ///   - root: The root, from which the CPUs walk and no device does.
  ///   - scheme: What releases the tables.
  ///   - emptyTables: What becomes of empty tables.
  ///   - isReserved: Whether a frame belongs to memory that no allocator may
  ///     have back.
  /// - Returns: The space, or why it is refused; then nothing has changed:
  ///   `unsupportedEntry` with the address and level of the entry, or
  ///   `outOfFrames`.
  /// - Precondition: Nobody else changes the tables, and their frames have
  ///   descriptors that say nothing yet.
  /// - Complexity: O(entries)
  @inlinable
  package static func adopt(
    _ root: FrameNumber, scheme: Scheme, emptyTables: EmptyTablePolicy = .free,
    isReserved: (FrameNumber) -> Bool
  ) throws(P.Interruption) -> Result<Self, MapError> {
    let adoption = Adoption<Format, P>(
      platform: scheme.platform, root: root,
      limit: Self(scheme: scheme, root: root, emptyTables: emptyTables)
        .physicalLimit)
    if let error = try adoption.mark() { return .failure(error) }
    guard
      var frames = try ReservedFrames.make(
        try missingTables(of: root, on: scheme.platform),
        on: scheme.platform)
    else {
      try adoption.unmark()
      return .failure(MapError(.outOfFrames, at: addresses.start))
    }
    do throws(P.Interruption) {
      try adoption.commit(isReserved: isReserved)
      try completeKernelHalf(
        of: root, from: &frames, on: scheme.platform)
    } catch {
      frames.forget()
      throw error
    }
    try frames.giveBack()
    return .success(
      Self(scheme: scheme, root: root, emptyTables: emptyTables))
  }
}
