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
  @inline(__always)
  public mutating func reusable<Driver: IOMMUDriver>(
    by reclaimer: Reclaimer<Driver>
  ) throws(P.Interruption) -> VirtualRange? where Driver.P == P {
    precondition(root != .none, "the frames were given back before")
    let (first, last) = (head, tail)
    head = .none
    guard try reclaimer.isForgotten(root, releasing: first, last) else {
      return nil
    }
    root = .none
    return range
  }
}

extension Reclaimer {
  /// Makes every walker of an address space forget it, and gives back its
  /// unlinked tables from `first` to `last`, or parks them; whether all have
  /// forgotten it.
  @inlinable
  @inline(never)
  func isForgotten(
    _ root: FrameNumber, releasing first: FrameNumber, _ last: FrameNumber
  ) throws(P.Interruption) -> Bool {
    if first == .none {
      return try sharing.invalidate(spaceOf: root).isEmpty
    }
    let answer = try retire(
      UnlinkedTables<P, UserHalf>(platform, head: first, tail: last)
    ).invalidated(by: sharing)
    let isForgotten = answer.isComplete
    try answer.release()
    return isForgotten
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
