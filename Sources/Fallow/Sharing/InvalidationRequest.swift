// SPDX-License-Identifier: Apache-2.0

/// What an IOMMU is to forget.
@frozen
public struct InvalidationRequest: Equatable, BitwiseCopyable, Sendable {
  /// Whose translations; nil for those of all address spaces.
  public var pasid: PASID?

  /// Of which addresses; nil for all.
  public var range: VirtualRange?

  /// Whether only leaves are to go: the invalidation hint IH=1 of VT-d.
  ///
  /// A table that is to be released wants false.
  public var leavesOnly: Bool

  /// A request to forget what was cached for `pasid`.
  ///
  /// - Parameters:
  ///   - pasid: The PASID whose translations go; nil for those of all.
  ///   - range: The virtual addresses; nil for all.
  ///   - leavesOnly: Whether cached pointers to tables may stay.
  @inlinable
  public init(
    pasid: PASID?, range: VirtualRange?, leavesOnly: Bool = false
  ) {
    self.pasid = pasid
    self.range = range
    self.leavesOnly = leavesOnly
  }
}
