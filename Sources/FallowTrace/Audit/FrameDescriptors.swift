// SPDX-License-Identifier: Apache-2.0

/// Translates a table entry's value to the descriptor of the frame it names.
///
/// The base of the kernel's descriptors is found in the recording itself: a
/// task that frees a table and touches the entry that names it shows both.
/// The kernel places the base at a whole GiB, so a pair that does not belong
/// together gives a base that is none with a probability of 1 - 2^-24.
struct FrameDescriptors {
  private var map: DescriptorMap?

  /// The alignment of the kernel's regions under address randomization, as
  /// arch/x86/mm/kaslr.c places them.
  private static let alignment: UInt64 = 1 << 30
  /// The bit of an entry that says it is present.
  private static let present: UInt64 = 1

  /// The descriptor of the frame that an entry of this value names.
  func descriptor(namedBy value: UInt64) -> UInt64? {
    guard value & Self.present != 0 else { return nil }
    return map?.descriptor(ofFrameAt: value)
  }

  /// Takes note of a table and an entry that seems to name it.
  mutating func note(_ descriptor: UInt64, namedBy value: UInt64) {
    guard map == nil, value & Self.present != 0 else { return }
    let found = DescriptorMap(descriptor: descriptor, linkedBy: value)
    if found.base & (Self.alignment - 1) == 0 { map = found }
  }
}
