// SPDX-License-Identifier: Apache-2.0

/// Tables whose entries were cleared and whose addresses every CPU has
/// forgotten, or will before they are released; waiting to be retired.
///
/// Many travel as one token, threaded through their descriptors. It gathers
/// over any number of calls, and only ``ReclamationScheme/retire(_:)->()`` takes
/// it.
@frozen
public struct UnlinkedTables<P: Platform, Half: AddressHalf>: ~Copyable {
  @usableFromInline let platform: P
  @usableFromInline var head: FrameNumber
  /// The last table, if there is one.
  @usableFromInline var tail: FrameNumber

  /// No tables yet.
  ///
  /// - Parameter platform: The machine that the tables belong to.
  @inlinable
  public init(on platform: P) {
    self.init(platform, head: .none, tail: .none)
  }

  @inlinable
  init(_ platform: P, head: FrameNumber, tail: FrameNumber) {
    self.platform = platform
    self.head = head
    self.tail = tail
  }

  @inlinable
  deinit {
    if head != .none { platform.dropped(.unlinkedTables, holding: head) }
  }

  /// Whether there is no table in it.
  @inlinable
  public var isEmpty: Bool { head == .none }

  /// Adds a table after the others.
  ///
  /// The caller has cleared the entry that pointed to it, in the address space
  /// from `root` on. A user table carries that on: its own space's walkers are
  /// to forget it.
  @inlinable
  @inline(__always)
  mutating func append(
    _ frame: FrameNumber, of root: FrameNumber
  ) throws(P.Interruption) {
    try platform.appendUnlinked(
      frame, isKernel: Half.isKernel, of: root, to: &head, after: &tail)
  }

  /// Splits off the table that was unlinked first.
  ///
  /// - Returns: The first table.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Precondition: It is not empty.
  @inlinable
  public mutating func removeFirst() throws(P.Interruption) -> Self {
    precondition(!isEmpty, "no table to remove")
    let first = head
    head = try platform.link(of: first)
    try platform.setLink(.none, of: first)
    return Self(platform, head: first, tail: first)
  }

  /// Empties the token of an operation that was interrupted and will run again
  /// from its start.
  ///
  /// Where `Interruption` is `Never` no code reaches this, but the compiler
  /// keeps the way out of a call that it does not inline; a token that is full
  /// on that way would look dropped.
  @inlinable
  mutating func forget() {
    head = .none
  }

  /// Takes the list out of the token.
  @inlinable
  consuming func take() -> (head: FrameNumber, tail: FrameNumber) {
    let taken = (head, tail)
    head = .none
    return taken
  }
}

extension Platform {
  /// Adds a table whose entry was cleared to the end of a chain.
  ///
  /// The half is no type here: one function serves both.
  @inlinable
  @inline(never)
  func appendUnlinked(
    _ frame: FrameNumber, isKernel: Bool, of root: FrameNumber,
    to first: inout FrameNumber, after last: inout FrameNumber
  ) throws(Interruption) {
    try check(frame, isKernel: isKernel, in: .linked)
    if !isKernel { try store(root.rawValue, to: .binding, of: frame) }
    try append(frame, to: &first, after: &last)
    // Last, so that nothing is kept on the stack for afterwards.
    try changeState(of: frame, from: .linked, to: .unlinked)
    try account(1, from: .linked, to: .unlinked)
  }
}
