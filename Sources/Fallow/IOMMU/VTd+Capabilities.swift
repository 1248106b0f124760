// SPDX-License-Identifier: Apache-2.0

extension VTd {
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
    typealias Extended = VTdRegister.ExtendedCapability
    let capability = try platform.load(VTdRegister.capability.of(iommu))
    let extended = try platform.load(
      VTdRegister.extendedCapability.of(iommu))
    // A directory has one frame: 512 tables of 64 entries.
    let bits = min(Extended.pasidSize.read(extended) &+ 1, 15)
    return IOMMUCapabilities(
      pasidBits: Extended.pasids.isSet(in: extended) ? Int(bits) : 0,
      maxLeafLevel: VTdRegister.Capability.gigabyteLeaves.isSet(
        in: capability) ? 3 : 2,
      setsAccessedAndDirty: true,
      hasDeviceTLBs: Extended.deviceTLBs.isSet(in: extended))
  }

  /// What an IOMMU lacks that every operation relies on; nil if nothing.
  @inlinable
  func missingFeature(
    of iommu: Int, _ maxLeafLevel: Int
  ) throws(P.Interruption) -> IOMMUFeature? {
    typealias Capability = VTdRegister.Capability
    typealias Extended = VTdRegister.ExtendedCapability
    let capability = try platform.load(VTdRegister.capability.of(iommu))
    let extended = try platform.load(
      VTdRegister.extendedCapability.of(iommu))
    guard Extended.scalable.isSet(in: extended) else { return .scalableMode }
    guard Extended.firstStage.isSet(in: extended) else {
      return .pageTableFormat
    }
    guard Extended.queue.isSet(in: extended) else { return .invalidationQueue }
    guard Extended.coherent.isSet(in: extended) || trustsCoherence else {
      return .coherentStructures
    }
    if Capability.writeBuffer.isSet(in: capability) {
      return .unbufferedStores
    }
    guard Capability.drainsReads.isSet(in: capability),
      Capability.drainsWrites.isSet(in: capability)
    else { return .drainedInvalidations }
    guard
      maxLeafLevel < 3 || Capability.gigabyteLeaves.isSet(in: capability)
    else { return .largeLeaves }
    return nil
  }

  /// How many pages a request may name at most; 0 if it may name none.
  @inlinable
  func pageLimit(of iommu: Int) throws(P.Interruption) -> UInt64 {
    typealias Capability = VTdRegister.Capability
    let capability = try platform.load(VTdRegister.capability.of(iommu))
    guard Capability.pageSelective.isSet(in: capability) else { return 0 }
    return 1 &<< Capability.maxAddressMask.read(capability)
  }

  /// How many domains there are.
  @inlinable
  func domains(of iommu: Int) throws(P.Interruption) -> UInt64 {
    let capability = try platform.load(VTdRegister.capability.of(iommu))
    return 1 &<< (4 &+ 2 &* VTdRegister.Capability.domains.read(capability))
  }

  /// Whether an IOMMU may cache that an entry is not present: then it drops
  /// the entries that become present, too.
  @inlinable
  func cachesAbsence(_ iommu: Int) throws(P.Interruption) -> Bool {
    VTdRegister.Capability.cachingMode.isSet(
      in: try platform.load(VTdRegister.capability.of(iommu)))
  }
}
