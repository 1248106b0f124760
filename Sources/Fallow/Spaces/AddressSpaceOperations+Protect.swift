// SPDX-License-Identifier: Apache-2.0

extension AddressSpaceOperations where Self: ~Copyable {
  /// Sets and clears attributes of every leaf in a range; where nothing is
  /// mapped, nothing happens.
  ///
  /// What walkers record in a leaf meanwhile, accessed and dirty, is not lost.
  /// The CPUs have flushed the range when it returns.
  ///
  /// - Parameters:
  ///   - range: Virtual addresses of this half, made of whole pages.
  ///   - setting: The attributes that each leaf has afterwards; a memory type
  ///     replaces the other.
  ///   - clearing: The attributes that no leaf has afterwards, unless they are in
  ///     `setting`.
  /// - Returns: What devices may still hold: invalidate it before a right counts
  ///   as taken away. Empty where no leaf lost anything.
  /// - Throws: ``MapError/Kind/partialLeaf``,
  ///   ``MapError/Kind/requiresBreakBeforeMake``,
  ///   ``MapError/Kind/unsupportedAttributes``,
  ///   ``MapError/Kind/invalidAddress``; nothing has changed then.
  /// - Complexity: O(pages), each table visited once, or twice where a leaf can
  ///   refuse the change.
  @inlinable
  public func protect(
    _ range: VirtualRange, setting: LeafAttributes = .none,
    clearing: LeafAttributes = .none
  ) throws(MapError) -> StaleRange<P> {
    var revoked = LeafAttributes.none
    let error = tables.protect(
      range, setting: setting, clearing: clearing, revoked: &revoked)
    if let error { throw error }
    return stale(range, isStale: revoked != .none)
  }
}
