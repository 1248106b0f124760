// SPDX-License-Identifier: Apache-2.0

/// A register of an IOMMU.
@frozen
public struct IOMMURegister: Hashable, BitwiseCopyable, Sendable {
  /// The number of the IOMMU.
  public var iommu: Int

  /// Where the register is, in bytes from the start of the register block.
  public var offset: Int

  /// Whether it has 64 bits, to be accessed at once, and not 32.
  public var isWide: Bool

  /// The register of `iommu` at `offset`.
  ///
  /// - Parameters:
  ///   - iommu: The number of the IOMMU.
  ///   - offset: Bytes from the start of the register block.
  ///   - isWide: Whether the register has 64 bits.
  @inlinable
  public init(iommu: Int, offset: Int, isWide: Bool) {
    self.iommu = iommu
    self.offset = offset
    self.isWide = isWide
  }
}

/// What someone waits for that an IOMMU will do.
@frozen
public struct IOMMUCondition: BitwiseCopyable, Sendable {
  /// The register that is looked at.
  public var register: IOMMURegister

  /// Bits of it, of which one or more must differ from ``value``.
  public var mask: UInt64

  /// What those bits are until then.
  public var value: UInt64

  /// A word in memory that the IOMMU writes, if that counts as well.
  public var word: PhysicalAddress?

  /// What the word's lower 32 bits must come to, or pass.
  public var ticket: UInt32

  /// That bits of `register` are no more `value`, or the word at `word` has
  /// reached `ticket`.
  ///
  /// - Parameters:
  ///   - register: The register to read.
  ///   - mask: The bits of it that count.
  ///   - value: What those bits are until then.
  ///   - word: The physical address of a word that the IOMMU writes, if any.
  ///   - ticket: What the word's lower 32 bits must come to, or pass.
  @inlinable
  public init(
    _ register: IOMMURegister, mask: UInt64, differsFrom value: UInt64,
    orWord word: PhysicalAddress? = nil, reaches ticket: UInt32 = 0
  ) {
    self.register = register
    self.mask = mask
    self.value = value
    self.word = word
    self.ticket = ticket
  }

  /// Whether `word` has come to a ticket or passed it: tickets wrap.
  ///
  /// - Parameters:
  ///   - word: The word that the IOMMU writes; its lower 32 bits count.
  ///   - ticket: The ticket; its lower 32 bits count.
  @inlinable
  public static func hasReached(_ word: UInt64, _ ticket: UInt64) -> Bool {
    Int32(
      truncatingIfNeeded: UInt32(truncatingIfNeeded: word)
        &- UInt32(truncatingIfNeeded: ticket)) >= 0
  }

  /// Whether it has come about on a platform.
  ///
  /// For a platform to wait with.
  ///
  /// - Parameter platform: The platform that reads register and word.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  @inlinable
  public func holds<P: IOMMUPlatform>(on platform: P) throws(P.Interruption)
    -> Bool
  {
    if try platform.load(register) & mask != value { return true }
    guard let word else { return false }
    return Self.hasReached(try platform.load(word), UInt64(ticket))
  }
}
