// SPDX-License-Identifier: Apache-2.0

extension KernelSpace {
  /// Maps pages to frames that lie anywhere: what vmalloc does.
  ///
  /// Each table is visited once. Sleeps where it takes frames for tables and the
  /// scheme's limit is reached.
  ///
  /// - Parameters:
  ///   - start: The first virtual address, of a page of the kernel half.
  ///   - frames: The frame of the first page, of the second, and so on.
  ///   - attributes: What the leaves allow.
  /// - Throws: ``MapError``. Everything before the address that it names is
  ///   mapped then; after ``MapError/Kind/invalidAddress`` and
  ///   ``MapError/Kind/unsupportedAttributes`` nothing is.
  /// - Complexity: O(pages)
  @inlinable
  public func map(
    _ start: VirtualAddress, to frames: Span<FrameNumber>,
    attributes: LeafAttributes
  ) throws(MapError) {
    let error = tables.map(start, to: frames, attributes: attributes)
    if let error { throw error }
  }

  /// Unmaps pages, hands out the frames that they led to, and retires the tables
  /// that this leaves empty.
  ///
  /// The CPUs have flushed the range when it returns: the frames may be used
  /// again, as far as CPUs are concerned.
  ///
  /// - Parameters:
  ///   - start: The first virtual address, of a page of the kernel half.
  ///   - frames: One place for each page. Receives the frame of the page, or
  ///     `FrameNumber.none` where nothing was mapped.
  /// - Throws: ``MapError/Kind/partialLeaf``, ``MapError/Kind/invalidAddress``;
  ///   nothing has changed then.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func unmap(
    _ start: VirtualAddress, to frames: inout MutableSpan<FrameNumber>
  ) throws(MapError) {
    var unlinked = UnlinkedTables<P, KernelHalf>(on: platform)
    let error = tables.unmap(start, to: &frames, into: &unlinked)
    scheme.retire(unlinked)
    if let error { throw error }
  }
}

extension UserSpaceOperations where Self: ~Copyable {
  /// Maps pages to frames that lie anywhere: what a user heap does.
  ///
  /// Each table is visited once. Sleeps where the scheme's limit is reached.
  ///
  /// - Parameters:
  ///   - start: The first virtual address, of a page of the user half.
  ///   - frames: The frame of the first page, of the second, and so on.
  ///   - attributes: What the leaves allow.
  /// - Throws: ``MapError``. Everything before the address that it names is
  ///   mapped then; after ``MapError/Kind/invalidAddress`` and
  ///   ``MapError/Kind/unsupportedAttributes`` nothing is.
  /// - Complexity: O(pages)
  @inlinable
  public func map(
    _ start: VirtualAddress, to frames: Span<FrameNumber>,
    attributes: LeafAttributes
  ) throws(MapError) {
    let error = tables.keepingEmptyTables.map(
      start, to: frames, attributes: attributes)
    if let error { throw error }
  }

  /// Unmaps pages and hands out the frames that they led to.
  ///
  /// The CPUs have flushed the range when it returns.
  ///
  /// - Parameters:
  ///   - start: The first virtual address, of a page of the user half.
  ///   - frames: One place for each page. Receives the frame of the page, or
  ///     `FrameNumber.none` where nothing was mapped.
  /// - Returns: What devices may still hold: invalidate it before the frames are
  ///   used again.
  /// - Throws: ``MapError/Kind/partialLeaf``, ``MapError/Kind/invalidAddress``;
  ///   nothing has changed then.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func unmap(
    _ start: VirtualAddress, to frames: inout MutableSpan<FrameNumber>
  ) throws(MapError) -> StaleRange<P> {
    var unlinked = UnlinkedTables<P, UserHalf>(on: platform)
    let error = tables.unmap(start, to: &frames, into: &unlinked)
    let range = VirtualRange(
      start: start, size: UInt64(frames.count) &<< FrameNumber.shift)
    var stale = stale(range, isStale: error == nil)
    stale.insert(unlinked)
    if let error {
      stale.forget()
      throw error
    }
    return stale
  }
}
