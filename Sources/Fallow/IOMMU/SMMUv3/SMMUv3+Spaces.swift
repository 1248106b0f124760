// SPDX-License-Identifier: Apache-2.0

/// Which address spaces a device reaches: its contexts.
///
/// A context whose first word is not zero is in use: valid, or not yet
/// forgotten.
extension SMMUv3 {
  /// Writes the context, with the root of the process and the kernel's beside
  /// it; of a kernel's own space the kernel's alone.
  ///
  /// - Complexity: O(devices behind the SMMU)
  @inlinable
  public func attach(
    _ root: FrameNumber, to device: Device, as pasid: PASID
  ) throws(P.Interruption) -> BindOutcome {
    typealias Context = SMMUv3Entry.Context
    let platform = platform
    let iommu = device.iommu
    let contexts = try control.frame(of: device)
    if let refusal = try control.refusal(ofDeviceWith: contexts) {
      return refusal
    }
    let traits = try traits(of: iommu)
    if let refusal = Self.refusal(of: pasid, traits) { return refusal }
    guard try isFree(pasid, for: root, on: iommu, traits) else {
      return .pasidNotFree
    }
    let isKernel = try platform.typeWord(of: root)[.kernelMark]
    if isKernel, !walksKernelHalf { return .kernelHalfNotWalked }
    let substream = Self.substream(of: pasid)
    guard
      let context = try context(
        substream, in: contexts, traits, makesTable: true)
    else { return .outOfFrames }
    guard try platform.load(context) == 0 else { return .pasidNotFree }
    // Guard: smmu-valid-comes-last
    let kernel = try isKernel ? root : platform.kernelRoot(beside: root)
    try platform.store(
      isKernel ? 0 : root.address.rawValue, to: context + Context.userRoot)
    try platform.store(
      walksKernelHalf ? kernel.address.rawValue : 0,
      to: context + Context.kernelRoot)
    try platform.store(
      Context.formatMemoryTypes, to: context + Context.memoryTypes)
    try platform.store(
      traits.context | Context.tag(traits.tag(of: pasid))
        | Context.noUserHalf(isKernel ? 1 : 0)
        | Context.noKernelHalf(walksKernelHalf ? 0 : 1), to: context)
    return .bound
  }

  /// Puts into the queue that the context is not cached as one that is not
  /// valid; see ``IOMMUDriver/dropAbsence(of:as:)``.
  @inlinable
  public func dropAbsence(
    of device: Device, as pasid: PASID
  ) throws(P.Interruption) -> UInt64? {
    try drop(
      .context(Self.substream(of: pasid), of: device.requester),
      on: device.iommu)
    return try queue.fence(device.iommu)
  }

  /// Why no space can have that number on an SMMU; nil if one can.
  @inlinable
  static func refusal(of pasid: PASID, _ traits: Traits) -> BindOutcome? {
    if let tag = pasid.tagWithoutPASID {
      return UInt64(tag) < traits.tags ? nil : .pasidTooWide
    }
    return pasid.refusal(atWidth: Int(traits.pasidBits))
  }

  /// Whether no device behind the SMMU reaches another root by that number.
  @inlinable
  func isFree(
    _ pasid: PASID, for root: FrameNumber, on iommu: Int, _ traits: Traits
  ) throws(P.Interruption) -> Bool {
    var contexts = try control.firstDevice(of: iommu)
    while contexts != .none {
      if let context = try context(naming: pasid, in: contexts, traits),
        try self.root(of: context) != root
      {
        return false
      }
      contexts = try platform.link(of: contexts)
    }
    return true
  }

  /// The root of the space that a context leads to: the process's, or the
  /// kernel's where there is none.
  @inlinable
  func root(
    of context: PhysicalAddress
  ) throws(P.Interruption) -> FrameNumber {
    typealias Context = SMMUv3Entry.Context
    let user = try platform.load(context + Context.userRoot)
    let word =
      user != 0 ? user : try platform.load(context + Context.kernelRoot)
    return FrameNumber(containing: PhysicalAddress(word & Context.root.mask))
  }

  /// Clears the valid bit of the context, and puts into the queue that the
  /// configuration cache drops it, before any translation that follows; the
  /// rest of the context shows that the device has not left.
  @inlinable
  public func detach(
    _ device: Device, from pasid: PASID
  ) throws(P.Interruption) {
    guard let context = try context(naming: pasid, of: device) else { return }
    let word = try platform.load(context)
    // Guard: smmu-valid-goes-first
    try platform.store(
      word & ~SMMUv3Entry.Context.valid.mask, to: context)
    // Guard: smmu-context-is-dropped
    try drop(
      .context(Self.substream(of: pasid), of: device.requester),
      on: device.iommu)
    // Guard: smmu-order-after-context
    try queue.order(device.iommu)
  }

  /// Clears the rest of the context.
  @inlinable
  public func forget(
    _ device: Device, as pasid: PASID
  ) throws(P.Interruption) {
    typealias Context = SMMUv3Entry.Context
    guard let context = try context(naming: pasid, of: device) else { return }
    try platform.store(0, to: context + Context.userRoot)
    try platform.store(0, to: context + Context.kernelRoot)
    try platform.store(0, to: context)
  }

  /// Whether the device has a context of the space that leads to the root,
  /// valid or not yet forgotten.
  @inlinable
  public func isAttached(
    _ device: Device, to root: FrameNumber, as pasid: PASID
  ) throws(P.Interruption) -> Bool {
    guard let context = try context(naming: pasid, of: device) else {
      return false
    }
    return try self.root(of: context) == root
  }

  /// Whether a device behind the SMMU has a context of the space, valid or not
  /// yet forgotten.
  ///
  /// - Complexity: O(devices behind the SMMU)
  @inlinable
  public func isAttached(
    _ pasid: PASID, on iommu: Int
  ) throws(P.Interruption) -> Bool {
    guard ControlFrame<P>.hasRoom(for: iommu) else { return false }
    let traits = try traits(of: iommu)
    var contexts = try control.firstDevice(of: iommu)
    while contexts != .none {
      if try context(naming: pasid, in: contexts, traits) != nil {
        return true
      }
      contexts = try platform.link(of: contexts)
    }
    return false
  }
}
