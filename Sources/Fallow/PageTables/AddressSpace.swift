// SPDX-License-Identifier: Apache-2.0

/// One half of an address space: the tables from one root that translate it.
///
/// The operations are on ``KernelSpace``, ``UserSpace`` and
/// ``UserSpaceHandle``.
///
/// **Guarantee.** Operations on ranges that do not overlap may run at the same
/// time, on any CPUs; the caller keeps operations on overlapping ranges apart,
/// as the allocator of those addresses does. Readers may run at any time.
///
/// This rests on the count of entries in use in each table's descriptor. A CPU
/// increments the count before it stores an entry and decrements it after it
/// clears one; the CPU that reaches zero may end it: from then on no CPU can
/// raise it and the table is unlinked. Every operation runs in a read section,
/// so a table it came upon is not released under it.
@frozen
public struct AddressSpace<Kind: TableKind, Scheme: ReclamationScheme>:
  BitwiseCopyable, Sendable
{
  /// How an entry is written.
  public typealias Format = Kind.Format

  /// The half that is translated.
  public typealias Half = Kind.Half

  /// The machine it is on.
  public typealias P = Scheme.P

  /// What takes the tables that are no longer needed.
  @usableFromInline package let scheme: Scheme

  /// The root of the tables.
  @usableFromInline package let root: FrameNumber

  /// What becomes of empty tables.
  @usableFromInline package let emptyTables: EmptyTablePolicy

  /// The space that an existing root translates: a search begins with one.
  @inlinable
  package init(
    scheme: Scheme, root: FrameNumber, emptyTables: EmptyTablePolicy
  ) {
    self.scheme = scheme
    self.root = root
    self.emptyTables = emptyTables
  }

  /// The machine it is on.
  @inlinable
  package var platform: P { scheme.platform }

  /// The root, where it names the space whose CPUs flush; nil for the kernel
  /// half, which every space shares.
  @inlinable
  var ownRoot: FrameNumber? { Half.isKernel ? nil : root }

  /// ``ownRoot``, where `address` is one of this half: see
  /// ``AddressSpace/isKernel(_:)``.
  @inlinable
  @inline(__always)
  func ownRoot(for address: VirtualAddress) -> FrameNumber? {
    Self.isKernel(address) ? nil : root
  }
}

/// The core of ``KernelSpace``.
@usableFromInline
package typealias KernelTree<
  Format: PageTableFormat, Scheme: ReclamationScheme
> = AddressSpace<Tables<Format, KernelHalf>, Scheme>

/// The core of ``UserSpace``.
@usableFromInline
package typealias UserTree<Format: PageTableFormat, Scheme: ReclamationScheme> =
  AddressSpace<Tables<Format, UserHalf>, Scheme>

extension AddressSpace where Half == KernelHalf {
  /// Makes the kernel's space, or returns nil if there are not enough frames;
  /// then none is taken.
  ///
  /// The root's entries for the kernel half are filled here and are permanent:
  /// every root has a copy of them.
  ///
  /// - Complexity: O(entries of the root)
  @inlinable
  package static func make(
    scheme: Scheme, emptyTables: EmptyTablePolicy = .free
  ) throws(P.Interruption) -> Self? {
    let platform = scheme.platform
    let count = Format.entriesPerTable &- Format.kernelHalfIndex &+ 1
    guard var frames = try ReservedFrames.make(count, on: platform) else {
      return nil
    }
    let root: FrameNumber
    do throws(P.Interruption) {
      root = try ConstructedTable<P, KernelHalf>.make(
        of: try frames.next(), on: platform, level: Format.levels,
        entries: Format.entriesPerTable
      ).root()
      try completeKernelHalf(of: root, from: &frames, on: platform)
    } catch {
      frames.forget()
      throw error
    }
    try frames.giveBack()
    return Self(scheme: scheme, root: root, emptyTables: emptyTables)
  }

  /// How many entries of a root's kernel half point to no table.
  @inlinable
  static func missingTables(
    of root: FrameNumber, on platform: P
  ) throws(P.Interruption) -> Int {
    var count = 0
    for index in Format.kernelHalfIndex..<Format.entriesPerTable
    where try platform.load(root.address.advanced(byEntries: index)) == 0 {
      count &+= 1
    }
    return count
  }

  /// Makes every table of a root's kernel half permanent, and those that are
  /// missing.
  ///
  /// - Precondition: Nobody else changes the root, and `frames` has a frame for
  ///   each missing table.
  @inlinable
  static func completeKernelHalf(
    of root: FrameNumber, from frames: inout ReservedFrames<P>, on platform: P
  ) throws(P.Interruption) {
    for index in Format.kernelHalfIndex..<Format.entriesPerTable {
      let slot = root.address.advanced(byEntries: index)
      let entry = try platform.load(slot)
      if entry != 0 {
        // One entry in use that nobody ever clears keeps it for good.
        _ = try platform.add(
          1, to: .entryCount, of: Format.table(in: entry, level: Format.levels))
        continue
      }
      let table = try ConstructedTable<P, KernelHalf>.make(
        of: try frames.next(), on: platform, level: Format.levels &- 1,
        entries: Format.entriesPerTable)
      try platform.store(1, to: .entryCount, of: table.frame)
      let link = Format.tableEntry(
        pointingTo: table.frame.address, isKernel: true)
      var found: UInt64 = 0
      if let lost = try table.link(at: slot, entry: link, found: &found) {
        try lost.release()
        preconditionFailure("the root is not shared yet")
      }
    }
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
    emptyTables: EmptyTablePolicy = .free
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
    if !Format.sharesRoots {
      try platform.setKernelRoot(kernel.root, beside: root)
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
  /// A map that fails halfway then has no tables to hand out; the next unmap,
  /// or the end, takes them.
  @inlinable
  package var keepingEmptyTables: Self {
    Self(scheme: scheme, root: root, emptyTables: .keep)
  }
}

extension AddressSpace {
  /// The addresses that it translates.
  @inlinable
  package static var addresses: VirtualRange {
    Half.isKernel ? Format.kernelHalf : Format.userHalf
  }

  /// What ``AddressHalf/isKernel`` says of this half, asked by one of its
  /// addresses where that is enough.
  ///
  /// What asks the address compiles to the same code for both halves, and the
  /// compiler keeps one copy; what is done for each page asks the type.
  @inlinable
  @inline(__always)
  static func isKernel(_ address: VirtualAddress) -> Bool {
    let (kernel, user) = (Format.kernelHalf, Format.userHalf)
    // Roots that share nothing may both translate every address.
    return kernel.contains(user.start) || user.contains(kernel.start)
      ? Half.isKernel : kernel.contains(address)
  }

  /// The highest level of tables whose entries operations may change.
  ///
  /// Where every root copies the kernel half's entries, those are permanent and
  /// the root is beyond it.
  @inlinable
  package static var topLevel: Int {
    Half.isKernel && Format.kernelHalfIndex < Format.entriesPerTable
      ? Format.levels &- 1 : Format.levels
  }

  /// The highest level that may hold leaves here.
  @inlinable
  package static var maxLeafLevel: Int {
    min(Format.maxLeafLevel, topLevel)
  }
}
