// SPDX-License-Identifier: Apache-2.0

/// Which tables a worker run released, in their order, as one number.
///
/// Two batches with equal numbers are equal, but for one in 2^64.
struct BatchFingerprint: Equatable, Sendable {
  private var value: UInt64 = 0xcbf2_9ce4_8422_2325

  init() {}

  /// The fingerprint of a batch.
  init(_ descriptors: [UInt64]) {
    for descriptor in descriptors { add(descriptor) }
  }

  /// The next table of the batch.
  mutating func add(_ descriptor: UInt64) {
    value = (value ^ descriptor) &* 0x0000_0100_0000_01b3
    value ^= value &>> 29
  }
}
