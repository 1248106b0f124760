/// Addresses of a user half that lead nowhere any more, with the tables that
/// this left empty, while devices may still reach the leaf frames behind them.
///
/// **Guarantee.** The addresses come out of it, and with them the leave to use
/// the frames again, only after every walker of the address space has
/// forgotten it.
@frozen
public struct UnmappedRange<P: Platform>: ~Copyable {
  /// How the unmapping ended.
  public let outcome: UnmapOutcome

  @usableFromInline let platform: P
  @usableFromInline let range: VirtualRange
  @usableFromInline var root: FrameNumber
  @usableFromInline var head: FrameNumber
  @usableFromInline var tail: FrameNumber

  @inlinable
  init(
    _ range: VirtualRange, outcome: UnmapOutcome, root: FrameNumber,
    tables: consuming UnlinkedTables<P, UserHalf>
  ) {
    platform = tables.platform
    (head, tail) = tables.take()
    self.range = range
    self.outcome = outcome
    self.root = root
  }

  @inlinable
  deinit {
    if root != .none { platform.dropped(root) }
  }

  /// Makes every walker of the address space forget it, and gives back its
  /// tables and the addresses that were unmapped, whose leaf frames may be used
  /// again.
  ///
  /// Where no device shares the space, the CPUs' flush was enough. Sleeps.
  ///
  /// - Returns: Nil if a walker did not answer: the frames may not be used, and
  ///   the caller asks again. The tables are parked then.
  /// - Precondition: It was not given back before.
  /// - Complexity: O(tables + IOMMUs)
  @inlinable
  public mutating func reusable<Driver: IOMMUDriver>(
    by reclaimer: Reclaimer<Driver>
  ) throws(P.Interruption) -> VirtualRange? where Driver.P == P {
    precondition(root != .none, "the frames were given back before")
    let (first, last) = (head, tail)
    head = .none
    let isForgotten: Bool
    if first == .none {
      isForgotten = try reclaimer.sharing.invalidate(spaceOf: root).isEmpty
    } else {
      let answer = try reclaimer.retire(
        UnlinkedTables<P, UserHalf>(platform, head: first, tail: last)
      ).invalidated(by: reclaimer.sharing)
      isForgotten = answer.isComplete
      try answer.release()
    }
    if !isForgotten { return nil }
    root = .none
    return range
  }
}

extension AddressSpace where Half == UserHalf {
  /// Unmaps whatever is mapped in `range`, and hands out what has to be
  /// forgotten before its leaf frames may be used again.
  ///
  /// The CPUs have flushed the range when it returns.
  ///
  /// - Precondition: The range is made of whole pages and lies in this half.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func unmap(
    _ range: VirtualRange
  ) throws(P.Interruption) -> UnmappedRange<P> {
    var unlinked = UnlinkedTables<P, UserHalf>(on: platform)
    let outcome: UnmapOutcome
    do throws(P.Interruption) {
      outcome = try unmap(range, into: &unlinked)
    } catch {
      unlinked.forget()
      throw error
    }
    return UnmappedRange(
      range, outcome: outcome, root: root, tables: unlinked)
  }
}
