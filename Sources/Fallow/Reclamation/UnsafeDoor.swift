// SPDX-License-Identifier: Apache-2.0

/// The one way past the lifecycle, for schemes that are compared with the
/// library's own and for seeded faults.
///
/// It is not part of the library's interface: only this package's other
/// modules see it, and each use is marked `unsafe`.
@unsafe
@usableFromInline
package enum UnsafeDoor<P: Platform> {
  /// Takes a batch of retired tables apart: its first and its last, which are
  /// linked through their descriptors.
  @inlinable
  package static func take<Half>(
    _ batch: consuming Batch<P, Half>
  ) -> (head: FrameNumber, tail: FrameNumber) {
    let (_, head, tail) = batch.take()
    return (head, tail)
  }

  /// Declares that no walker can reach the tables from `head` on.
  @inlinable
  package static func releasable(
    from head: FrameNumber, on platform: P
  ) -> ReleasableBatch<P> {
    ReleasableBatch(platform, head: head)
  }

  /// Frees the table behind the entry of a table of `level` at `address` while
  /// the entry still points to it; false if there is no table.
  @inlinable
  package static func freeWhileLinked<Format, Scheme>(
    in space: KernelTree<Format, Scheme>, at address: VirtualAddress,
    level: Int
  ) throws(P.Interruption) -> Bool where Scheme.P == P {
    guard let (_, _, entry) = try space.find(at: address, level: level),
      Format.isPresent(entry), !Format.isLeaf(entry, level: level)
    else { return false }
    let platform = space.platform
    let table = Format.table(in: entry, level: level)
    let order = try platform.typeWord(of: table).order
    try platform.move(table, from: .linked, to: .released)
    try platform.free(table, order: order)
    return true
  }

  /// Takes the empty table behind the entry of a table of `level` at `address`
  /// and the empty tables below it, while the entry still points to it; adds
  /// nothing if something is mapped there, or there is no table.
  @inlinable
  package static func unlinkWhileNamed<Format, Scheme>(
    in space: KernelTree<Format, Scheme>, at address: VirtualAddress,
    level: Int, into unlinked: inout UnlinkedTables<P, KernelHalf>
  ) throws(P.Interruption) where Scheme.P == P {
    guard let (_, _, entry) = try space.find(at: address, level: level),
      Format.isPresent(entry), !Format.isLeaf(entry, level: level)
    else { return }
    let table = Format.table(in: entry, level: level)
    guard try space.endEmpty(table, level: level &- 1) == true else { return }
    var visitor = NoVisitor()
    try space.appendSubtree(
      table, level: level &- 1, at: address, into: &unlinked,
      visiting: &visitor)
  }

  /// Clears the entry that ``freeWhileLinked(in:at:level:)`` or
  /// ``unlinkWhileNamed(in:at:level:into:)`` left behind; the CPUs flush what it
  /// covers.
  @inlinable
  package static func clearLate<Format, Scheme>(
    in space: KernelTree<Format, Scheme>, at address: VirtualAddress,
    level: Int
  ) throws(P.Interruption) where Scheme.P == P {
    guard
      let (slot, holder, _) = try space.find(
        at: address, level: level)
    else { return }
    let platform = space.platform
    _ = try platform.exchange(0, at: slot)
    _ = try platform.add(-1, to: .entryCount, of: holder)
    try platform.flush(
      space.stretch(at: address, level: level), of: nil, .tables)
  }
}

extension UnlinkedTables {
  /// The table that was unlinked first, or `FrameNumber.none`.
  @inlinable
  package var first: FrameNumber { head }
}

extension StaleRange {
  /// What is in the token, for a language that has none: that language's caller
  /// promises to put it into one again, once.
  @unsafe
  package consuming func contents() -> StaleContents {
    let contents = StaleContents(
      root: root, isKernel: isKernel, range: range, head: head, tail: tail)
    forget()
    return contents
  }

  /// Puts into a token what ``contents()`` took out of one.
  @unsafe
  package init(_ contents: StaleContents, on platform: P) {
    self.platform = platform
    root = contents.root
    isKernel = contents.isKernel
    range = contents.range
    head = contents.head
    tail = contents.tail
  }
}

/// What a ``StaleRange`` holds.
package struct StaleContents {
  package var root: FrameNumber
  package var isKernel: Bool
  package var range: VirtualRange
  package var head: FrameNumber
  package var tail: FrameNumber

  package init(
    root: FrameNumber, isKernel: Bool, range: VirtualRange, head: FrameNumber,
    tail: FrameNumber
  ) {
    self.root = root
    self.isKernel = isKernel
    self.range = range
    self.head = head
    self.tail = tail
  }
}

extension ReservedFrames {
  /// The first of the frames, for a language that has no tokens: that language's
  /// caller promises to put it into one again, once.
  @unsafe
  package consuming func contents() -> FrameNumber {
    take().head
  }

  /// Puts into a token what ``contents()`` took out of one.
  @unsafe
  package init(_ head: FrameNumber, on platform: P) {
    self.init(platform, head: head)
  }
}
