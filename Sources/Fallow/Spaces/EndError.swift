// SPDX-License-Identifier: Apache-2.0

/// Why an address space cannot end yet.
@frozen
public struct EndError: Error, Equatable, BitwiseCopyable, Sendable {
  /// The reason.
  @frozen
  public enum Kind: UInt8, BitwiseCopyable, Sendable {
    /// A leaf is mapped at ``EndError/address``.
    case mapped
    /// A device is bound to the space, or has not left it.
    case bound
    /// User spaces share the kernel half.
    case shared
  }

  /// The reason.
  public let kind: Kind

  /// Where something is mapped; 0 for the other reasons.
  public let address: VirtualAddress

  /// An error of `kind`.
  ///
  /// - Parameters:
  ///   - kind: The reason.
  ///   - address: Where something is mapped.
  @inlinable
  public init(_ kind: Kind, at address: VirtualAddress = VirtualAddress(0)) {
    self.kind = kind
    self.address = address
  }
}
