// SPDX-License-Identifier: Apache-2.0

/// Finding entries in the structures that an SMMU reads.
extension SMMUv3 {
  /// A block full of zeros, or nil if there is none.
  @inlinable
  func zeroedBlock(order: Int) throws(P.Interruption) -> FrameNumber? {
    let block = try platform.allocate(order: order)
    if block == .none { return nil }
    try platform.zero(block.address, count: 512 &<< order)
    return block
  }

  /// Where the stream table entry of a device is.
  ///
  /// - Returns: Nil if its table is missing and is not to be made, or cannot
  ///   be.
  @inlinable
  func stream(
    of device: Device, makesTable: Bool = false
  ) throws(P.Interruption) -> PhysicalAddress? {
    typealias Streams = SMMUv3Entry.Streams
    let requester = UInt64(device.requester)
    let table = PhysicalAddress(
      try control.load(.deviceTable, of: device.iommu))
    guard try traits(of: device.iommu).hasTwoLevels else {
      return table + requester &* SMMUv3Entry.size
    }
    let slot = table + (requester &>> Streams.bits) &* 8
    let offset = (requester & (1 &<< Streams.bits &- 1)) &* SMMUv3Entry.size
    let entry = try platform.load(slot)
    if entry != 0 {
      return PhysicalAddress(entry & SMMUv3Entry.address.mask) + offset
    }
    guard makesTable, let block = try zeroedBlock(order: Streams.order) else {
      return nil
    }
    try platform.store(
      block.address.rawValue | Streams.span(Streams.bits &+ 1), to: slot)
    return block.address + offset
  }

  /// Where a context of a device is.
  ///
  /// - Returns: Nil as ``stream(of:makesTable:)``.
  @inlinable
  func context(
    _ substream: UInt32, in contexts: FrameNumber, _ traits: Traits,
    makesTable: Bool = false
  ) throws(P.Interruption) -> PhysicalAddress? {
    typealias Contexts = SMMUv3Entry.Contexts
    let number = UInt64(substream)
    guard traits.hasTwoLevelContexts else {
      return contexts.address + number &* SMMUv3Entry.size
    }
    let slot = contexts.address + (number &>> Contexts.bits) &* 8
    let offset = (number & (1 &<< Contexts.bits &- 1)) &* SMMUv3Entry.size
    let entry = try platform.load(slot)
    if entry != 0 {
      return PhysicalAddress(entry & SMMUv3Entry.address.mask) + offset
    }
    guard makesTable, let frame = try platform.zeroedFrame() else {
      return nil
    }
    try platform.store(
      frame.address.rawValue | Contexts.valid(1), to: slot)
    return frame.address + offset
  }

  /// The number of the context by which requests reach a space.
  @inlinable
  static func substream(of pasid: PASID) -> UInt32 {
    pasid.tagWithoutPASID == nil ? pasid.rawValue : PASID.reserved.rawValue
  }

  /// Where the context of a space is, if it is in use and the space's.
  @inlinable
  func context(
    naming pasid: PASID, in contexts: FrameNumber, _ traits: Traits
  ) throws(P.Interruption) -> PhysicalAddress? {
    typealias Context = SMMUv3Entry.Context
    guard
      UInt64(Self.substream(of: pasid)) &>> traits.contextBits == 0,
      let context = try context(
        Self.substream(of: pasid), in: contexts, traits),
      try platform.load(context) != 0,
      try Context.tag.read(platform.load(context)) == traits.tag(of: pasid)
    else { return nil }
    return context
  }

  /// The same among the contexts of a device.
  @inlinable
  func context(
    naming pasid: PASID, of device: Device
  ) throws(P.Interruption) -> PhysicalAddress? {
    let contexts = try control.frame(of: device)
    if contexts == .none { return nil }
    return try context(
      naming: pasid, in: contexts, traits(of: device.iommu))
  }
}
