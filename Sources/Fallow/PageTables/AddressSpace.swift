/// One half of an address space: the tables from one root that translate it.
///
/// **Guarantee.** Operations on ranges that do not overlap may run at the same
/// time, on any CPUs; the caller keeps operations on overlapping ranges apart,
/// as the allocator of those addresses does. Readers may run at any time.
///
/// This rests on the count of entries in use in each table's descriptor. Who
/// wants to write an entry raises it first, and who clears one lowers it
/// after; who lowers it to zero may end it: from then on nobody can raise it
/// and the table is unlinked. Every operation runs in a read section, so a
/// table it came upon is not released under it.
@frozen
public struct AddressSpace<
  Format: PageTableFormat, Scheme: ReclamationScheme, Half: AddressHalf
>: BitwiseCopyable, Sendable {
  /// The machine it is on.
  public typealias P = Scheme.P

  /// What takes the tables that are no longer needed.
  public let scheme: Scheme

  /// The root of the tables.
  public let root: FrameNumber

  /// What becomes of empty tables.
  public let emptyTables: EmptyTables

  /// The space that an existing root translates: a search begins with one.
  @inlinable
  package init(scheme: Scheme, root: FrameNumber, emptyTables: EmptyTables) {
    self.scheme = scheme
    self.root = root
    self.emptyTables = emptyTables
  }

  /// The machine it is on.
  @inlinable
  public var platform: P { scheme.platform }

  /// The root, where it names the space whose CPUs flush; nil for the kernel
  /// half, which every space shares.
  @inlinable
  var ownRoot: FrameNumber? { Half.isKernel ? nil : root }
}

/// The core of ``KernelSpace``.
@usableFromInline
package typealias KernelTree<
  Format: PageTableFormat, Scheme: ReclamationScheme
> = AddressSpace<Format, Scheme, KernelHalf>

/// The core of ``UserSpace``.
@usableFromInline
package typealias UserTree<Format: PageTableFormat, Scheme: ReclamationScheme> =
  AddressSpace<Format, Scheme, UserHalf>

extension AddressSpace where Half == KernelHalf {
  /// Makes the kernel's space, or returns nil if there are no frames.
  ///
  /// The root's entries for the kernel half are filled here and are permanent:
  /// every root has a copy of them.
  ///
  /// - Complexity: O(entries of the root)
  @inlinable
  public static func make(
    scheme: Scheme, emptyTables: EmptyTables = .free
  ) throws(P.Interruption) -> Self? {
    let platform = scheme.platform
    guard
      let rootTable = try ConstructedTable<P, KernelHalf>.make(
        on: platform, level: Format.levels,
        entries: Format.entriesPerTable)
    else { return nil }
    let root = try rootTable.root()
    for index in Format.kernelHalfIndex..<Format.entriesPerTable {
      guard
        let table = try ConstructedTable<P, KernelHalf>.make(
          on: platform, level: Format.levels &- 1,
          entries: Format.entriesPerTable)
      else {
        _ = try Self(scheme: scheme, root: root, emptyTables: emptyTables).end()
        return nil
      }
      // One entry in use that nobody ever clears keeps it for good.
      try platform.store(1, to: .live, of: table.frame)
      let entry = Format.tableEntry(
        pointingTo: table.frame.address, isKernel: true)
      var found: UInt64 = 0
      if let lost = try table.link(
        at: root.address.advanced(byEntries: index), entry: entry, found: &found
      ) {
        try lost.release()
        preconditionFailure("the root is not shared yet")
      }
    }
    return Self(scheme: scheme, root: root, emptyTables: emptyTables)
  }
}

extension AddressSpace where Half == UserHalf {
  /// Makes a space of its own over the kernel half of `kernel`, or returns nil
  /// if there are no frames.
  ///
  /// - Complexity: O(entries of the root)
  @inlinable
  package static func make(
    copying kernel: KernelTree<Format, Scheme>,
    emptyTables: EmptyTables = .free
  ) throws(P.Interruption) -> Self? {
    let platform = kernel.platform
    try kernel.scheme.makeRoom()
    guard
      let table = try ConstructedTable<P, UserHalf>.make(
        on: platform, level: Format.levels,
        entries: Format.entriesPerTable)
    else { return nil }
    let root = try table.root()
    for index in Format.kernelHalfIndex..<Format.entriesPerTable {
      try platform.fill(
        root.address.advanced(byEntries: index), count: 1,
        first: try platform.load(
          kernel.root.address.advanced(byEntries: index)),
        step: 0)
    }
    let space = Self(
      scheme: kernel.scheme, root: root, emptyTables: emptyTables)
    try space.countUser(1)
    return space
  }
}

extension AddressSpace where Half == UserHalf {
  /// The same space, whose operations leave empty tables linked.
  ///
  /// A map that fails halfway then has no tables to hand out; the next unmap, or
  /// the end, takes them.
  @inlinable
  var keepingEmptyTables: Self {
    Self(scheme: scheme, root: root, emptyTables: .keep)
  }

  /// Maps a range, on a space that keeps empty tables: none is unlinked.
  @inlinable
  func map(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int
  ) throws(P.Interruption) -> MapOutcome {
    var none = UnlinkedTables<P, UserHalf>(on: platform)
    let outcome: MapOutcome
    do throws(P.Interruption) {
      outcome = try map(
        range, to: address, attributes: attributes,
        maxLeafLevel: maxLeafLevel, into: &none)
    } catch {
      none.forget()
      throw error
    }
    none.forget()
    return outcome
  }
}

extension AddressSpace {
  /// The addresses that it translates.
  @inlinable
  public static var addresses: VirtualRange {
    Half.isKernel ? Format.kernelHalf : Format.userHalf
  }

  /// The highest level of tables whose entries operations may change.
  ///
  /// Where every root copies the kernel half's entries, those are permanent and
  /// the root is beyond it.
  @inlinable
  public static var topLevel: Int {
    Half.isKernel && Format.kernelHalfIndex < Format.entriesPerTable
      ? Format.levels &- 1 : Format.levels
  }

  /// The highest level that may hold leaves here.
  @inlinable
  public static var maxLeafLevel: Int {
    min(Format.maxLeafLevel, topLevel)
  }

  @inlinable
  func checkHalf(_ range: VirtualRange) {
    let half = Self.addresses
    precondition(
      range.size <= half.size
        && range.start.rawValue &- half.start.rawValue
          <= half.size &- range.size,
      "the range is not in this half of the address space")
    precondition(
      (range.start.rawValue | range.size) & (FrameNumber.size &- 1) == 0,
      "the range is not made of whole pages")
  }
}
