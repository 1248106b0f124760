// SPDX-License-Identifier: Apache-2.0

// Where the halves have roots of their own, the descriptors of the roots connect
// them: in what counts the entries in use, above that count.

extension DescriptorField {
  /// Of ``entryCount`` of a user root the frame of the kernel's root, and of a
  /// kernel's root how many user spaces lie beside it.
  @inlinable
  static var otherHalf: BitField { BitField(62, 16) }
}

extension TableMemory {
  /// The root of the kernel half that a user root was made for, where the
  /// halves have roots of their own.
  @inlinable
  func kernelRoot(
    beside root: FrameNumber
  ) throws(Interruption) -> FrameNumber {
    FrameNumber(
      DescriptorField.otherHalf.read(try load(.entryCount, of: root)))
  }

  /// Records the kernel root of a user root that nobody else knows yet.
  @inlinable
  func setKernelRoot(
    _ kernel: FrameNumber, beside root: FrameNumber
  ) throws(Interruption) {
    _ = try add(
      Int64(bitPattern: DescriptorField.otherHalf(kernel.rawValue)),
      to: .entryCount, of: root)
  }

  /// Counts user spaces beside a kernel root.
  @inlinable
  func countUsers(
    _ change: Int64, beside kernel: FrameNumber
  ) throws(Interruption) {
    let unit: Int64 = 1 &<< Int64(DescriptorField.otherHalf.lowest)
    _ = try add(change &* unit, to: .entryCount, of: kernel)
  }

  /// Whether user spaces lie beside a kernel root.
  @inlinable
  func hasUsers(beside kernel: FrameNumber) throws(Interruption) -> Bool {
    DescriptorField.otherHalf.isSet(in: try load(.entryCount, of: kernel))
  }
}
