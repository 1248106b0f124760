// SPDX-License-Identifier: Apache-2.0

extension AddressSpace {
  /// The space with the root `root`, which the library made: for callers that
  /// keep the frame's number and not the space.
  ///
  /// A frame that is not a linked root of a space of this half is a fault: its
  /// descriptor says so, or it has none.
  ///
  /// - Complexity: O(1)
  @inlinable
  @inline(__always)
  package init(
    of root: FrameNumber, scheme: Scheme, emptyTables: EmptyTablePolicy = .free
  ) throws(P.Interruption) {
    let platform = scheme.platform
    guard platform.hasDescriptor(root),
      try platform.typeWord(of: root).isRoot(of: Half.self, Format.levels)
    else { try Self.refuse(root, on: platform) }
    self.init(scheme: scheme, root: root, emptyTables: emptyTables)
  }

  /// Raises the fault of a frame that is not a linked root of a space of this
  /// half.
  @inlinable
  @inline(never)
  static func refuse(
    _ root: FrameNumber, on platform: P
  ) throws(P.Interruption) -> Never {
    guard platform.hasDescriptor(root) else {
      try platform.fault(.outOfRange, at: root)
    }
    let word = try platform.typeWord(of: root)
    try platform.fault(
      word.isTable(in: .linked) && word.level == Format.levels
        ? .wrongMark : .wrongState, at: root)
  }
}
