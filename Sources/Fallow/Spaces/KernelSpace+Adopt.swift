// SPDX-License-Identifier: Apache-2.0

extension KernelSpace {
  /// Takes over the tables that a boot loader or early boot code made, from
  /// `root` on, while the CPUs walk them.
  ///
  /// Every table that can be reached gets a descriptor, and is unlinked and
  /// retired as any other from then on; one in reserved memory ends retained.
  /// Missing tables of the root's kernel half are made, and all of them are
  /// permanent. Entries that point to tables are rewritten as the library writes
  /// them; what that would change is refused instead, and so is every entry that
  /// the format cannot hold, such as a table that hangs from two entries.
  ///
  /// - Parameters:
  ///   - root: The root, from which the CPUs walk and no device does.
  ///   - scheme: What takes the tables that are no longer needed.
  ///   - emptyTables: What becomes of a table whose last entry is cleared.
  ///   - isReserved: Whether a frame belongs to memory that no allocator may
  ///     have back.
  /// - Throws: ``MapError/Kind/unsupportedEntry`` with the address and the level
  ///   of the entry, ``MapError/Kind/outOfFrames``. Nothing has changed then.
  /// - Precondition: Nobody else changes the tables, and their frames have
  ///   descriptors that say nothing yet.
  /// - Complexity: O(entries)
  @inlinable
  public init(
    adopting root: FrameNumber, _ scheme: Scheme,
    emptyTables: EmptyTablePolicy = .free, isReserved: (FrameNumber) -> Bool
  ) throws(MapError) {
    tables = try AddressSpace<Tables<Format, KernelHalf>, Scheme>.adopt(
      root, scheme: scheme, emptyTables: emptyTables, isReserved: isReserved
    ).get()
  }

  /// Unlinks and retires all that the root's user half maps: the identity map
  /// of boot code.
  ///
  /// The CPUs have flushed the half when it returns. Does not sleep.
  ///
  /// - Precondition: No CPU executes or reads there, and no user space was made
  ///   by the library from this root.
  /// - Complexity: O(tables of the half)
  @inlinable
  public func unmapAdoptedUserHalf() {
    var unlinked = UnlinkedTables<P, KernelHalf>(on: platform)
    tables.unmapAdoptedUserHalf(into: &unlinked)
    scheme.retire(unlinked)
  }
}
