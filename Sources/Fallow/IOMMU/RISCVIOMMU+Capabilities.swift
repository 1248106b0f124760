// SPDX-License-Identifier: Apache-2.0

extension RISCVIOMMU {
  /// What the driver keeps of an IOMMU's capabilities, in a word.
  @frozen
  @usableFromInline
  struct Traits: BitwiseCopyable, Sendable {
    @usableFromInline var rawValue: UInt64

    @inlinable
    init(rawValue: UInt64) { self.rawValue = rawValue }

    @inlinable static var deviceLevels: BitField { BitField(1, 0) }
    @inlinable static var processLevels: BitField { BitField(3, 2) }
    @inlinable static var isExtended: BitField { BitField(4) }
    @inlinable static var updatesBits: BitField { BitField(5) }

    /// How many levels the device directory has.
    @inlinable
    var deviceLevels: UInt64 { Self.deviceLevels.read(rawValue) }

    /// How many levels process directories have; 0 if there are none.
    @inlinable
    var processLevels: UInt64 { Self.processLevels.read(rawValue) }

    /// Whether device contexts have the extended format.
    @inlinable
    var isExtended: Bool { Self.isExtended.isSet(in: rawValue) }

    /// The bits of `tc` that every valid device context has.
    @inlinable
    var control: UInt64 {
      typealias Device = RISCVIOMMUEntry.Device
      return RISCVIOMMUEntry.valid(1)
        | Device.updatesBits(Self.updatesBits.read(rawValue))
    }

    /// How many bits of a device ID the directory distinguishes.
    @inlinable
    var deviceBits: UInt64 {
      RISCVIOMMUEntry.Device.indexBits(isExtended: isExtended)
        &+ RISCVIOMMUEntry.indexBits &* (deviceLevels &- 1)
    }

    /// The width of a PASID; 0 if requests must not carry one.
    @inlinable
    var pasidBits: UInt64 {
      RISCVIOMMUEntry.Process.bits(levels: processLevels)
    }
  }

  @inlinable
  func traits(of iommu: Int) throws(P.Interruption) -> Traits {
    Traits(rawValue: try control.load(.capabilities, of: iommu))
  }

  /// What `capabilities` says of an IOMMU; the levels of its device directory
  /// are found out at the start.
  @inlinable
  func reportedTraits(of iommu: Int) throws(P.Interruption) -> Traits {
    typealias Capability = RISCVIOMMURegister.Capability
    let capabilities = try platform.load(
      RISCVIOMMURegister.capabilities.of(iommu))
    // The widest of PD8, PD17 and PD20.
    let widths = Capability.processIDs.read(capabilities)
    let levels = UInt64(64 &- widths.leadingZeroBitCount)
    return Traits(
      rawValue: Traits.processLevels(levels)
        | Traits.isExtended(Capability.extendedContexts.read(capabilities))
        | Traits.updatesBits(Capability.updatesBits.read(capabilities)))
  }

  /// What an IOMMU can do; nothing, for a number that is not 0 to 31.
  ///
  /// - Parameter iommu: Its number.
  /// - Returns: What the IOMMU supports.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  @inlinable
  public func capabilities(
    of iommu: Int
  ) throws(P.Interruption) -> IOMMUCapabilities {
    guard ControlFrame<P>.hasRoom(for: iommu) else { return .none }
    let traits = try reportedTraits(of: iommu)
    return IOMMUCapabilities(
      pasidBits: Int(traits.pasidBits), maxLeafLevel: Format.maxLeafLevel,
      setsAccessedAndDirty: Traits.updatesBits.isSet(in: traits.rawValue),
      hasDeviceTLBs: false)
  }
}
