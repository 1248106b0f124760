// SPDX-License-Identifier: Apache-2.0

/// What walkers of one address space may still hold: leaves that were unmapped
/// or lost rights, and tables that were unlinked.
///
/// **Guarantee.** Frames behind the leaves may be used again, and rights count
/// as taken away, once the range is empty: only an invalidation that every
/// walker of the space has completed makes it so. A range that is dropped
/// before traps hosted, and does not link in an Embedded release build.
///
/// It gathers over many calls, so that one invalidation serves all: what Linux
/// calls `mmu_gather`.
///
/// The CPUs have flushed before an operation hands it out. Where no device
/// shares the space, an invalidation costs a look at the root's descriptor.
@frozen
public struct StaleRange<P: Platform>: ~Copyable {
  @usableFromInline let platform: P
  /// The root of the space; none if nothing is stale.
  @usableFromInline var root: FrameNumber
  /// Whether the leaves are the kernel half's, which every space shares.
  @usableFromInline var isKernel: Bool
  @usableFromInline var range: VirtualRange
  /// Unlinked tables of the user half, from the first to the last.
  @usableFromInline var head: FrameNumber
  @usableFromInline var tail: FrameNumber

  /// Nothing yet.
  ///
  /// - Parameter platform: The machine that the address space is on.
  @inlinable
  public init(on platform: P) {
    self.platform = platform
    root = .none
    isKernel = false
    range = VirtualRange(start: VirtualAddress(0), size: 0)
    head = .none
    tail = .none
  }

  @inlinable
  deinit {
    if root != .none { platform.dropped(.staleRange, holding: root) }
  }

  /// Whether nothing is stale: nothing was taken away, or every walker has
  /// forgotten it.
  @inlinable
  public var isEmpty: Bool { root == .none }

  /// The smallest range that covers what is stale; empty if nothing is.
  @inlinable
  public var addresses: VirtualRange { range }

  /// Adds addresses of the space from `newRoot` on.
  ///
  /// - Precondition: The range is empty, or of the same space.
  @inlinable
  mutating func insert(
    _ added: VirtualRange, of newRoot: FrameNumber, isKernel: Bool
  ) throws(P.Interruption) {
    if root == .none {
      root = newRoot
      self.isKernel = isKernel
      range = added
    } else if root != newRoot {
      try platform.fault(.wrongSpace, at: newRoot)
    } else {
      range = range.hull(with: added)
    }
  }

  /// Adds unlinked tables of the user half.
  @inlinable
  mutating func insert(
    _ tables: consuming UnlinkedTables<P, UserHalf>
  ) throws(P.Interruption) {
    let platform = platform
    let (first, last) = tables.take()
    if first == .none { return }
    if head == .none {
      head = first
    } else {
      try platform.setLink(first, of: tail)
    }
    tail = last
  }

  /// Empties the token of an operation that was interrupted and will run again
  /// from its start; see `UnlinkedTables.forget()`.
  @inlinable
  mutating func forget() {
    root = .none
    head = .none
  }

  /// Makes every walker of the space forget the range, and gives back the
  /// tables, or parks those that a walker may still hold.
  ///
  /// Sleeps.
  ///
  /// - Returns: The IOMMUs that did not answer. If there are any, the range
  ///   stays as it is, without its tables, for another call.
  /// - Complexity: O(tables + IOMMUs)
  @inlinable
  @inline(__always)
  package mutating func invalidated<Driver: IOMMUDriver>(
    by reclaimer: Reclaimer<Driver>
  ) throws(P.Interruption) -> IOMMUSet where Driver.P == P {
    if root == .none { return .none }
    let (first, last) = (head, tail)
    head = .none
    // A kernel's has no tables.
    let unanswered =
      isKernel
      ? try reclaimer.sharing.invalidate()
      : try reclaimer.invalidate(spaceOf: root, releasing: first, last)
    if unanswered.isEmpty { root = .none }
    return unanswered
  }
}

extension StaleRange where P.Interruption == Never {
  /// Adds everything of `other`, so that one invalidation serves both.
  ///
  /// A range of another address space is a fault, ``LifecycleFault/wrongSpace``.
  ///
  /// - Parameter other: What is added.
  /// - Complexity: O(1)
  @inlinable
  public mutating func merge(_ other: consuming Self) {
    if other.root == .none { return }
    insert(other.range, of: other.root, isKernel: other.isKernel)
    insert(UnlinkedTables(platform, head: other.head, tail: other.tail))
    other.forget()
  }

  /// Makes every walker of the space forget the range, and gives back its
  /// tables.
  ///
  /// The range is empty afterwards.
  ///
  /// Sleeps. Not in a read section, and with no lock that the platform's wait
  /// for an IOMMU needs.
  ///
  /// - Parameter reclaimer: The reclaimer of the space.
  /// - Throws: ``UnansweredError`` if an IOMMU did not answer. The range is not
  ///   empty then, and its frames must not be used again: call again, or expel
  ///   the device and call again. Its tables are parked with the reclaimer.
  /// - Complexity: O(tables + IOMMUs)
  @inlinable
  @inline(__always)
  public mutating func invalidate<Driver: IOMMUDriver>(
    by reclaimer: Reclaimer<Driver>
  ) throws(UnansweredError) where Driver.P == P {
    let unanswered = invalidated(by: reclaimer)
    if !unanswered.isEmpty { throw UnansweredError(iommus: unanswered) }
  }
}

/// IOMMUs did not answer, so something of theirs may still be walked.
@frozen
public struct UnansweredError: Error, Equatable, BitwiseCopyable, Sendable {
  /// The IOMMUs that did not answer.
  public let iommus: IOMMUSet

  /// The error that names `iommus`.
  ///
  /// - Parameter iommus: The IOMMUs that did not answer.
  @inlinable
  public init(iommus: IOMMUSet) {
    self.iommus = iommus
  }
}

extension Reclaimer {
  /// Makes every walker of a user space forget it, and gives back its unlinked
  /// tables from `first` to `last`, or parks them.
  ///
  /// - Returns: The IOMMUs that did not answer.
  @inlinable
  @inline(never)
  func invalidate(
    spaceOf root: FrameNumber, releasing first: FrameNumber,
    _ last: FrameNumber
  ) throws(P.Interruption) -> IOMMUSet {
    if first == .none { return try sharing.invalidate(spaceOf: root) }
    let answer = try retire(
      UnlinkedTables<P, UserHalf>(platform, head: first, tail: last)
    ).invalidated(by: sharing)
    let unanswered = answer.unanswered
    try answer.release()
    return unanswered
  }
}

extension AddressSpace where Half == UserHalf {
  /// Unmaps whatever is mapped in `range`, and adds to `stale` what devices may
  /// still hold of it.
  ///
  /// The CPUs have flushed the range when it returns.
  ///
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  package func unmap(
    _ range: VirtualRange, into stale: inout StaleRange<P>
  ) throws(P.Interruption) -> MapError? {
    var unlinked = UnlinkedTables<P, UserHalf>(on: platform)
    let refusal: MapError?
    do throws(P.Interruption) {
      refusal = try unmap(range, into: &unlinked)
      if refusal == nil {
        try stale.insert(range, of: root, isKernel: false)
      }
    } catch {
      unlinked.forget()
      throw error
    }
    try stale.insert(unlinked)
    return refusal
  }
}
