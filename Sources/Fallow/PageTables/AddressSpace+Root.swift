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
  package init(
    of root: FrameNumber, scheme: Scheme, emptyTables: EmptyTablePolicy = .free
  ) throws(P.Interruption) {
    let platform = scheme.platform
    guard platform.hasDescriptor(root) else {
      try platform.fault(.outOfRange, at: root)
    }
    let word = try platform.typeWord(of: root)
    guard word.isTable(in: .linked), word.level == Format.levels else {
      try platform.fault(.wrongState, at: root)
    }
    guard word[.kernelMark] == Half.isKernel else {
      try platform.fault(.wrongMark, at: root)
    }
    self.init(scheme: scheme, root: root, emptyTables: emptyTables)
  }
}
