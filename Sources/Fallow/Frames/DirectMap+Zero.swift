// SPDX-License-Identifier: Apache-2.0

extension DirectMap {
  /// Writes zeroes over a block, for users that need it clean: the allocators
  /// touch no contents, and a table is filled as it is made.
  ///
  /// - Parameters:
  ///   - block: The first frame of the block.
  ///   - order: The binary logarithm of the number of frames.
  /// - Precondition: The caller owns the block, and it is part of the view.
  /// - Complexity: O(2^`order`)
  @inlinable
  public func zero(_ block: FrameNumber, order: Int = 0) {
    let size = Int(truncatingIfNeeded: FrameNumber.size) &<< order
    unsafe pointer(to: block.address).initializeMemory(
      as: UInt8.self, repeating: 0, count: size)
  }
}
