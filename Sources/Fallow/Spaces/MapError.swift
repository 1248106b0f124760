// SPDX-License-Identifier: Apache-2.0

/// Why an operation on an address space stopped, and where.
///
/// It fits two registers and prints without `String`, so an Embedded kernel can
/// print it: see ``write(to:)``.
@frozen
public struct MapError: Error, Equatable, BitwiseCopyable, Sendable {
  /// The reason for which the operation stopped.
  @frozen
  public enum Kind: UInt8, BitwiseCopyable, Sendable {
    /// A leaf is mapped at the address, or an empty table is linked there that
    /// does not make way.
    case occupied
    /// The platform has no frame for a table.
    case outOfFrames
    /// A leaf at the address reaches out of the range; split it first.
    case partialLeaf
    /// Nothing is mapped at the address.
    case notMapped
    /// The format, or this half of the address space, cannot express the
    /// attributes; ``MapError/attributes`` says which.
    case unsupportedAttributes
    /// The architecture forbids the change while the leaf is present; unmap it
    /// and map it again.
    case requiresBreakBeforeMake
    /// An address is misaligned, not canonical, outside this half of the
    /// address space, or wider than the format allows; or the range wraps.
    case invalidAddress
    /// The format or this half has no leaf of that level.
    case invalidLevel
    /// One leaf cannot replace the table: it is not full, or its leaves differ or
    /// do not lie side by side.
    case notCollapsible
    /// A table or an entry that the library did not write holds something that
    /// the format cannot represent.
    case unsupportedEntry
    /// The architecture demands break-before-make, which does not reach the
    /// devices that are bound; unmap it, invalidate, and map it again.
    case bound
  }

  /// The reason for which the operation stopped.
  public let kind: Kind

  /// The level of the entry in question; 1 where none was read.
  public let level: UInt8

  /// The attributes that are unsupported; else none.
  public let attributes: LeafAttributes

  /// The virtual address at which the operation stopped.
  public let address: VirtualAddress

  /// An error of `kind` at `address`.
  ///
  /// - Parameters:
  ///   - kind: The reason.
  ///   - address: The virtual address at which the operation stopped.
  ///   - level: The level of the entry in question.
  ///   - attributes: The attributes that are unsupported.
  @inlinable
  public init(
    _ kind: Kind, at address: VirtualAddress, level: Int = 1,
    attributes: LeafAttributes = .none
  ) {
    self.kind = kind
    self.level = UInt8(truncatingIfNeeded: level)
    self.attributes = attributes
    self.address = address
  }
}

extension MapError.Kind {
  /// The reason in words, as `write(to:)` prints it.
  public var text: StaticString {
    switch self {
    case .occupied: "the address is already mapped"
    case .outOfFrames: "no frame is left for a table"
    case .partialLeaf: "a larger leaf reaches out of the range"
    case .notMapped: "nothing is mapped at the address"
    case .unsupportedAttributes: "the attributes cannot be expressed"
    case .requiresBreakBeforeMake: "the change requires break-before-make"
    case .invalidAddress: "an address is invalid"
    case .invalidLevel: "no leaf of that level is supported"
    case .notCollapsible: "one leaf cannot replace the table"
    case .unsupportedEntry: "an entry cannot be represented"
    case .bound: "break-before-make does not reach the devices that are bound"
    }
  }
}

extension MapError {
  /// Prints the error as ASCII text: its reason, address and level, and the
  /// attributes that are unsupported.
  ///
  /// For example: `a larger leaf reaches out of the range at
  /// 0xffff900000200000, level 2`. It allocates nothing.
  ///
  /// - Parameter put: Receives one byte at a time.
  public func write(to put: (UInt8) -> Void) {
    PrintedText.write(kind.text, to: put)
    PrintedText.write(" at ", to: put)
    PrintedText.write(hex: address.rawValue, to: put)
    PrintedText.write(", level ", to: put)
    put(48 &+ level % 10)
    if attributes != .none {
      PrintedText.write(", attributes ", to: put)
      PrintedText.write(hex: UInt64(attributes.rawValue), to: put)
    }
  }
}

#if !hasFeature(Embedded)
  extension MapError: CustomStringConvertible {
    /// The text that ``write(to:)`` prints.
    public var description: String {
      var text = ""
      write { text.unicodeScalars.append(Unicode.Scalar($0)) }
      return text
    }
  }
#endif
