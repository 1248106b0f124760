// SPDX-License-Identifier: Apache-2.0

/// A number that differs where bytes do, but for one case in 2^64, and is the
/// same in every process: FNV-1a with 64 bits.
package struct ByteHash {
  package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  /// The hash of no bytes.
  package init() {}

  /// Adds bytes.
  package mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }
}
