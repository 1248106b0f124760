// SPDX-License-Identifier: Apache-2.0

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

  /// Unmaps a range, retires the tables that this leaves empty, and hands out
  /// what devices may still use of the leaves: for a kernel whose own driver
  /// lets devices use the kernel half with supervisor privilege.
  ///
  /// The library's drivers let no device do so; see <doc:TheLifeOfATable>.
  ///
  /// - Parameters:
  ///   - range: Virtual addresses of the kernel half, made of whole pages.
  ///   - stale: Gains the range: invalidate it before the frames behind the
  ///     leaves are used again.
  /// - Throws: ``MapError``, as ``unmap(_:)``.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func unmap(
    _ range: VirtualRange, into stale: inout StaleRange<P>
  ) throws(MapError) {
    if let error = tables.unmap(range) { throw error }
    stale.insert(range, of: root, isKernel: true)
  }
}
