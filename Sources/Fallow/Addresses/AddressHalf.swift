// SPDX-License-Identifier: Apache-2.0

/// One half of an address space, as a type: what belongs to the one cannot be
/// handed to a function that wants the other.
public protocol AddressHalf {
  /// Whether tables of this half carry the kernel mark.
  ///
  /// The mail's name for the mark is `PTDESC_TYPE_KERNEL`.
  static var isKernel: Bool { get }
}

/// The upper half, which every address space shares.
@frozen
public enum KernelHalf: AddressHalf {
  /// True: a kernel table is released late, by the worker.
  @inlinable
  public static var isKernel: Bool { true }
}

/// The lower half, which belongs to one address space.
@frozen
public enum UserHalf: AddressHalf {
  /// False: a user table is released by its own space's invalidation.
  @inlinable
  public static var isKernel: Bool { false }
}
