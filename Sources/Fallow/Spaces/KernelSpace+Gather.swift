extension KernelSpace {
  /// Unmaps a range, and adds the tables that this leaves empty to `unlinked`:
  /// one retirement for many calls.
  ///
  /// The CPUs have flushed the range when it returns. The tables are retired by
  /// ``ReclamationScheme/retire(_:)->()``.
  ///
  /// - Parameters:
  ///   - range: Virtual addresses of the kernel half, made of whole pages.
  ///   - unlinked: Receives the tables.
  /// - Throws: ``MapError``, as ``unmap(_:)``.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func unmap(
    _ range: VirtualRange, into unlinked: inout UnlinkedTables<P, KernelHalf>
  ) throws(MapError) {
    if let error = tables.unmap(range, into: &unlinked) { throw error }
  }
}
