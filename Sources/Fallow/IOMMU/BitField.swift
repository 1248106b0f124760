// SPDX-License-Identifier: Apache-2.0

/// A field of a register, a descriptor or a table entry, by the bit numbers of
/// its manual.
@frozen
@usableFromInline
package struct BitField: BitwiseCopyable, Sendable {
  /// The number of the lowest bit.
  @usableFromInline package let lowest: UInt64

  /// The field's bits, in place.
  @usableFromInline package let mask: UInt64

  /// The field of one bit.
  @inlinable
  package init(_ bit: UInt64) {
    lowest = bit
    mask = 1 &<< bit
  }

  /// The field from bit `last` down to bit `first`, as manuals write it.
  @inlinable
  package init(_ last: UInt64, _ first: UInt64) {
    lowest = first
    mask = (~0 &>> (63 &- last)) & (~0 &<< first)
  }

  /// A word in which the field holds `value`, cut to its width, and the rest
  /// is zero.
  @inlinable
  package func callAsFunction(_ value: UInt64) -> UInt64 {
    value &<< lowest & mask
  }

  /// The field's value in `word`.
  @inlinable
  package func read(_ word: UInt64) -> UInt64 {
    (word & mask) &>> lowest
  }

  /// Whether any bit of the field is set in `word`.
  @inlinable
  package func isSet(in word: UInt64) -> Bool { word & mask != 0 }
}
