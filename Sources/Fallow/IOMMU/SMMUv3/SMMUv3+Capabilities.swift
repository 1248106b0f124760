// SPDX-License-Identifier: Apache-2.0

extension SMMUv3 {
  /// What the driver keeps of an SMMU's capabilities, in a word.
  @frozen
  @usableFromInline
  struct Traits: BitwiseCopyable, Sendable {
    @usableFromInline var rawValue: UInt64

    @inlinable
    init(rawValue: UInt64) { self.rawValue = rawValue }

    @inlinable static var hasTwoLevels: BitField { BitField(0) }
    @inlinable static var streamBits: BitField { BitField(5, 1) }
    @inlinable static var contextBits: BitField { BitField(10, 6) }
    @inlinable static var tagBits: BitField { BitField(15, 11) }
    @inlinable static var updates: BitField { BitField(17, 16) }
    @inlinable static var addressSize: BitField { BitField(20, 18) }

    /// Whether the stream table has two levels.
    @inlinable
    var hasTwoLevels: Bool { Self.hasTwoLevels.isSet(in: rawValue) }

    /// How many bits of a requester the stream table distinguishes.
    @inlinable
    var streamBits: UInt64 { Self.streamBits.read(rawValue) }

    /// The binary logarithm of the contexts of a stream.
    @inlinable
    var contextBits: UInt64 { Self.contextBits.read(rawValue) }

    /// Whether a stream's contexts are in two levels.
    @inlinable
    var hasTwoLevelContexts: Bool {
      contextBits > SMMUv3Entry.Contexts.bits
    }

    /// How many ASIDs there are for spaces with a PASID, and as many for those
    /// without.
    @inlinable
    var tags: UInt64 { 1 &<< (Self.tagBits.read(rawValue) &- 1) }

    /// The width of a PASID; 0 if requests must not carry one.
    @inlinable
    var pasidBits: UInt64 {
      min(contextBits, Self.tagBits.read(rawValue) &- 1)
    }

    /// The ASID of a space: PASIDs in the lower half of the numbers, tags of
    /// spaces without one in the upper.
    @inlinable
    func tag(of pasid: PASID) -> UInt64 {
      pasid.tagWithoutPASID.map { tags | UInt64($0) }
        ?? UInt64(pasid.rawValue)
    }

    /// The bits of a context's first word that every valid one has.
    @inlinable
    var context: UInt64 {
      typealias Context = SMMUv3Entry.Context
      let updates = Self.updates.read(rawValue)
      return Context.fixed | Context.valid(1)
        | Context.addressSize(Self.addressSize.read(rawValue))
        | Context.updatesAccessed(updates > 0 ? 1 : 0)
        | Context.updatesDirty(updates > 1 ? 1 : 0)
    }
  }

  @inlinable
  func traits(of iommu: Int) throws(P.Interruption) -> Traits {
    Traits(rawValue: try control.load(.capabilities, of: iommu))
  }

  /// What the identification registers say of an SMMU.
  @inlinable
  func reportedTraits(of iommu: Int) throws(P.Interruption) -> Traits {
    typealias Identification = SMMUv3Register.Identification
    let first = try platform.load(SMMUv3Register.identification0.of(iommu))
    let second = try platform.load(SMMUv3Register.identification1.of(iommu))
    let fifth = try platform.load(SMMUv3Register.identification5.of(iommu))
    let hasTwoLevels = Identification.twoLevelStreams.read(first) == 1
    // A requester has 16 bits; a frame has 64 entries.
    let streams = min(
      Identification.streamBits.read(second), hasTwoLevels ? 16 : 6)
    // 512 entries of the first level, and 64 of the second.
    let contexts = min(
      Identification.substreamBits.read(second),
      Identification.twoLevelContexts.isSet(in: first)
        ? 9 &+ SMMUv3Entry.Contexts.bits : SMMUv3Entry.Contexts.bits)
    let tagBits: UInt64 = Identification.wideTags.isSet(in: first) ? 16 : 8
    return Traits(
      rawValue: Traits.hasTwoLevels(hasTwoLevels ? 1 : 0)
        | Traits.streamBits(streams) | Traits.contextBits(contexts)
        | Traits.tagBits(tagBits)
        | Traits.updates(Identification.updates.read(first))
        | Traits.addressSize(
          // A format of 48 bits.
          min(Identification.addressSize.read(fifth), 5)))
  }

  /// What an SMMU can do.
  ///
  /// - Parameter iommu: Its number, 0 to 31.
  /// - Returns: What the SMMU supports.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  @inlinable
  public func capabilities(
    of iommu: Int
  ) throws(P.Interruption) -> IOMMUCapabilities {
    let traits = try reportedTraits(of: iommu)
    return IOMMUCapabilities(
      pasidBits: Int(traits.pasidBits),
      maxLeafLevel: Format.maxLeafLevel,
      setsAccessedAndDirty: Traits.updates.read(traits.rawValue) > 1,
      hasDeviceTLBs: false)
  }

  /// What an SMMU lacks that every operation relies on; nil if nothing.
  @inlinable
  func missingFeature(
    of iommu: Int
  ) throws(P.Interruption) -> IOMMUFeature? {
    typealias Identification = SMMUv3Register.Identification
    let first = try platform.load(SMMUv3Register.identification0.of(iommu))
    let second = try platform.load(SMMUv3Register.identification1.of(iommu))
    let fifth = try platform.load(SMMUv3Register.identification5.of(iommu))
    guard Identification.stage1.isSet(in: first),
      Identification.formats.read(first) >= 2,
      Identification.pages4KiB.isSet(in: fifth)
    else { return .pageTableFormat }
    guard Identification.coherent.isSet(in: first) else {
      return .coherentStructures
    }
    guard Identification.endianness.read(first) != 3 else {
      return .littleEndian
    }
    if Identification.fixedQueues.isSet(in: second)
      || Identification.fixedTables.isSet(in: second)
    {
      return .movableStructures
    }
    guard Identification.queueSize.read(second) >= Self.queueBits else {
      return .queueOfOneFrame
    }
    let width = Identification.addressBits(
      Identification.addressSize.read(fifth))
    let needed = min(
      platform.paging.physicalAddressBits, Format.physicalAddressBits)
    return width < needed ? .physicalAddresses : nil
  }
}
