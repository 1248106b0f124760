// SPDX-License-Identifier: Apache-2.0

/// The half of an address space that is its own: a process's.
///
/// It owns the tables: one value, which moves and is not copied, and which ends
/// by ``end(_:)``. What keeps a name of it, a page-fault handler or a list of
/// mappings, keeps its ``handle``. A space that is dropped traps hosted, and does
/// not link in an Embedded release build.
///
/// ```swift
/// var process: UserSpace? = try UserSpace(sharing: kernel)
/// try process!.map(pages, to: address, attributes: .userData)
/// var stale = try process!.unmap(pages)
/// try stale.invalidate(by: reclaimer)  // now the frames may be used again
/// try UserSpace.end(&process)          // refused while something is mapped
/// ```
@frozen
public struct UserSpace<Format: PageTableFormat, Scheme: ReclamationScheme>:
  UserSpaceOperations, ~Copyable, Sendable
where Scheme.P.Interruption == Never {
  /// The user half.
  public typealias Half = UserHalf

  /// The tables.
  public let tables: AddressSpace<Tables<Format, UserHalf>, Scheme>

  /// The root, or none once the owner gave the space up.
  @usableFromInline var owned: FrameNumber

  @inlinable
  init(tables: AddressSpace<Tables<Format, UserHalf>, Scheme>) {
    self.tables = tables
    owned = tables.root
  }

  @inlinable
  deinit {
    if owned != .none { tables.platform.dropped(.userSpace, holding: owned) }
  }

  /// Makes a space of its own over the kernel half of `kernel`.
  ///
  /// Sleeps where the scheme's limit is reached.
  ///
  /// - Parameters:
  ///   - kernel: The kernel's space, which lives as long.
  ///   - emptyTables: What becomes of a table whose last entry is cleared.
  /// - Throws: ``MapError/Kind/outOfFrames``.
  /// - Complexity: O(entries of the root)
  @inlinable
  public init(
    sharing kernel: KernelSpace<Format, Scheme>,
    emptyTables: EmptyTablePolicy = .free
  ) throws(MapError) {
    guard
      let tables = AddressSpace<Tables<Format, UserHalf>, Scheme>.make(
        copying: kernel.tables, emptyTables: emptyTables)
    else { throw MapError(.outOfFrames, at: Format.userHalf.start) }
    self.tables = tables
    owned = tables.root
  }

  /// Makes an owner of a space that is known by its handle: for languages and
  /// kernels that keep numbers.
  ///
  /// The caller promises that no other owner of it exists.
  ///
  /// - Parameter handle: The space.
  @inlinable
  @unsafe
  public init(claiming handle: UserSpaceHandle<Format, Scheme>) {
    self.init(tables: handle.tables)
  }

  /// A name of the space, to be copied.
  @inlinable
  public var handle: UserSpaceHandle<Format, Scheme> {
    UserSpaceHandle(tables: tables)
  }

  /// Gives up the ownership; the handle names the space from now on.
  ///
  /// - Returns: The root's frame.
  @inlinable
  @unsafe
  public consuming func release() -> UserSpaceHandle<Format, Scheme> {
    owned = .none
    return UserSpaceHandle(tables: tables)
  }

  /// Makes a space as ``init(sharing:emptyTables:)`` does, in a place that holds
  /// none: a field of a process.
  ///
  /// An assignment may drop what was there before, so it does not link in an
  /// Embedded release build. This traps instead.
  ///
  /// - Parameters:
  ///   - kernel: The kernel's space, which lives as long.
  ///   - emptyTables: What becomes of a table whose last entry is cleared.
  ///   - place: Where the kernel keeps the owner.
  /// - Throws: ``MapError/Kind/outOfFrames``.
  /// - Precondition: The place is nil.
  /// - Complexity: O(entries of the root)
  @inlinable
  public static func make(
    sharing kernel: KernelSpace<Format, Scheme>,
    emptyTables: EmptyTablePolicy = .free, in place: inout Self?
  ) throws(MapError) {
    if place != nil { fatalError("the place holds a space already") }
    guard
      let tables = AddressSpace<Tables<Format, UserHalf>, Scheme>.make(
        copying: kernel.tables, emptyTables: emptyTables)
    else { throw MapError(.outOfFrames, at: Format.userHalf.start) }
    unsafe withUnsafeMutablePointer(to: &place) {
      unsafe $0.initialize(to: Self(tables: tables))
    }
  }

  /// Ends the space: its tables and its root go back.
  ///
  /// No CPU runs on it any more. Sleeps until the readers have left.
  ///
  /// - Parameter space: The space; nil afterwards, and unchanged if it throws.
  /// - Throws: ``EndError`` while something is mapped, or a device is bound.
  /// - Complexity: O(tables + CPUs)
  @inlinable
  public static func end(_ space: inout Self?) throws(EndError) {
    guard let tables = space?.tables else { return }
    if let error = tables.end() { throw error }
    if let owned = space.take() { _ = unsafe owned.release() }
  }
}

/// A name of a ``UserSpace``: copies name the same tables.
///
/// It must not be used after the space has ended.
@frozen
public struct UserSpaceHandle<
  Format: PageTableFormat, Scheme: ReclamationScheme
>: UserSpaceOperations, BitwiseCopyable, Sendable
where Scheme.P.Interruption == Never {
  /// The user half.
  public typealias Half = UserHalf

  /// The tables.
  public let tables: AddressSpace<Tables<Format, UserHalf>, Scheme>

  @inlinable
  package init(tables: AddressSpace<Tables<Format, UserHalf>, Scheme>) {
    self.tables = tables
  }

  /// The space with a root that the library made: for callers that keep its
  /// number.
  ///
  /// A frame that is not the root of a user space of this format is a fault:
  /// ``LifecycleFault/wrongState``, ``LifecycleFault/wrongMark`` or
  /// ``LifecycleFault/outOfRange``.
  ///
  /// - Parameters:
  ///   - root: The root.
  ///   - scheme: What takes the tables that are no longer needed.
  ///   - emptyTables: What becomes of a table whose last entry is cleared.
  /// - Complexity: O(1)
  @inlinable
  public init(
    of root: FrameNumber, _ scheme: Scheme,
    emptyTables: EmptyTablePolicy = .free
  ) {
    tables = AddressSpace(of: root, scheme: scheme, emptyTables: emptyTables)
  }
}
