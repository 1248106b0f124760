// SPDX-License-Identifier: Apache-2.0

/// A word of a frame's descriptor.
///
/// Every frame has a descriptor apart from its contents, so that a list of
/// tables never writes into a page that a walker may still read.
@frozen
public enum DescriptorField: UInt8, BitwiseCopyable, Sendable {
  /// What the frame is; a `TypeWord` says how it is laid out.
  case typeWord
  /// How many entries of a table are in use, and whether it has come to its
  /// end; for a free block the block before it on its list.
  case entryCount
  /// The next frame of whatever list the frame is on. For a table whose subtree is
  /// being unlinked: the table above it.
  case link
  /// For a root that devices share: under which number, on which IOMMUs. For a
  /// retired table: which IOMMUs have not forgotten it. For an unlinked user
  /// table: the root of its address space.
  case binding
}

extension DescriptorField {
  /// The bits of ``entryCount`` that say that a table has come to its end.
  ///
  /// The rest then counts at least those entries that it still has.
  @inlinable
  package static var endOfTable: UInt64 { 3 << 62 }
}
