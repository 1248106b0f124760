// SPDX-License-Identifier: Apache-2.0

/// Which address spaces a device reaches: its process contexts, or its device
/// context where there are no process directories.
///
/// A context whose `fsc` is not zero is in use: valid, or not yet forgotten.
extension RISCVIOMMU {
  /// A context that leads to a root: where the words of it are.
  @frozen
  @usableFromInline
  struct Context {
    /// Of the word with the valid bit.
    @usableFromInline let valid: PhysicalAddress
    /// What that word holds while it is valid, but for the tag.
    @usableFromInline let validValue: UInt64
    /// Of the word with the tag.
    @usableFromInline let attributes: PhysicalAddress
    /// Of the word with the root.
    @usableFromInline let firstStage: PhysicalAddress

    @inlinable
    init(ofProcess address: PhysicalAddress) {
      valid = address + RISCVIOMMUEntry.Process.attributes
      validValue = RISCVIOMMUEntry.valid(1)
      attributes = valid
      firstStage = address + RISCVIOMMUEntry.Process.firstStage
    }

    @inlinable
    init(ofDevice address: PhysicalAddress, _ traits: Traits) {
      valid = address + RISCVIOMMUEntry.Device.control
      validValue = traits.control
      attributes = address + RISCVIOMMUEntry.Device.attributes
      firstStage = address + RISCVIOMMUEntry.Device.firstStage
    }
  }

  /// Writes the context.
  ///
  /// - Complexity: O(devices behind the IOMMU)
  @inlinable
  public func attach(
    _ root: FrameNumber, to device: Device, as pasid: PASID
  ) throws(P.Interruption) -> BindOutcome {
    let platform = platform
    let iommu = device.iommu
    let processes = try control.frame(of: device)
    if let refusal = try control.refusal(ofDeviceWith: processes) {
      return refusal
    }
    let bits = Int(try traits(of: iommu).pasidBits)
    if let refusal = pasid.refusal(atWidth: bits) { return refusal }
    guard try isFree(pasid, for: root, on: iommu) else {
      return .pasidNotFree
    }
    guard
      let context = try spaceContext(
        pasid, of: device.requester, processes, on: iommu, makesTables: true)
    else { return .outOfFrames }
    guard try platform.load(context.firstStage) == 0 else {
      return .pasidNotFree
    }
    typealias Entry = RISCVIOMMUEntry
    let tag = Entry.tag(UInt64(Self.tag(of: pasid)))
    // Guard: riscv-valid-comes-last
    try platform.store(
      Entry.Root.mode(Self.mode) | Entry.Root.frame(root.rawValue),
      to: context.firstStage)
    try platform.store(tag, to: context.attributes)
    let isShared = context.valid == context.attributes
    try platform.store(
      context.validValue | (isShared ? tag : 0), to: context.valid)
    return .bound
  }

  /// Clears the valid bit of the context, and puts into the queue that the
  /// directory cache drops it, before any translation that follows; the rest of
  /// the context shows that the device has not left.
  @inlinable
  public func detach(
    _ device: Device, from pasid: PASID
  ) throws(P.Interruption) {
    guard let context = try context(naming: pasid, of: device) else { return }
    let word = try platform.load(context.valid)
    // Guard: riscv-valid-goes-first
    try platform.store(
      word & ~RISCVIOMMUEntry.valid.mask, to: context.valid)
    let hasProcesses = try traits(of: device.iommu).processLevels > 0
    // Guard: riscv-context-is-dropped
    try queue.put(
      hasProcesses
        ? .context(of: Self.process(of: pasid), device.requester)
        : .context(of: device.requester), on: device.iommu)
    // Guard: riscv-order-after-context
    try queue.order(device.iommu)
  }

  /// Clears the rest of the context.
  @inlinable
  public func forget(
    _ device: Device, as pasid: PASID
  ) throws(P.Interruption) {
    guard let context = try context(naming: pasid, of: device) else { return }
    try platform.store(0, to: context.valid)
    try platform.store(0, to: context.firstStage)
    try platform.store(0, to: context.attributes)
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
    return try RISCVIOMMUEntry.Root.frame.read(
      platform.load(context.firstStage)) == root.rawValue
  }

  /// Whether a context behind the IOMMU names the space, valid or not yet
  /// forgotten.
  ///
  /// - Complexity: O(devices behind the IOMMU)
  @inlinable
  public func isAttached(
    _ pasid: PASID, on iommu: Int
  ) throws(P.Interruption) -> Bool {
    guard ControlFrame<P>.hasRoom(for: iommu) else { return false }
    var processes = try control.firstDevice(of: iommu)
    while processes != .none {
      let requester = try control.word(of: processes).requester
      if try context(naming: pasid, of: requester, processes, on: iommu) != nil
      {
        return true
      }
      processes = try platform.link(of: processes)
    }
    return false
  }

  /// Whether no context behind the IOMMU has that tag and another root: which
  /// of the two the IOMMU used would be unpredictable.
  ///
  /// Both numbers that have the tag are looked for: the PASID and the tag
  /// itself.
  @inlinable
  func isFree(
    _ pasid: PASID, for root: FrameNumber, on iommu: Int
  ) throws(P.Interruption) -> Bool {
    let tag = Self.tag(of: pasid)
    let numbers: InlineArray<2, PASID> = [
      PASID(tag), .without(tag: UInt16(truncatingIfNeeded: tag)),
    ]
    var processes = try control.firstDevice(of: iommu)
    while processes != .none {
      let requester = try control.word(of: processes).requester
      for index in numbers.indices where Self.tag(of: numbers[index]) == tag {
        if let context = try context(
          naming: numbers[index], of: requester, processes, on: iommu),
          try RISCVIOMMUEntry.Root.frame.read(platform.load(context.firstStage))
            != root.rawValue
        {
          return false
        }
      }
      processes = try platform.link(of: processes)
    }
    return true
  }

  // MARK: Finding contexts

  /// The process ID of the requests of a space.
  @inlinable
  static func process(of pasid: PASID) -> UInt32 {
    pasid.tagWithoutPASID == nil ? pasid.rawValue : PASID.reserved.rawValue
  }

  /// Where the context is by which the device's requests reach the space.
  ///
  /// - Returns: Nil if its directory is missing, or cannot be made.
  @inlinable
  func spaceContext(
    _ pasid: PASID, of requester: UInt16, _ processes: FrameNumber,
    on iommu: Int, makesTables: Bool = false
  ) throws(P.Interruption) -> Context? {
    let traits = try traits(of: iommu)
    if traits.processLevels == 0 {
      return try context(of: Device(iommu: iommu, requester: requester)).map {
        Context(ofDevice: $0, traits)
      }
    }
    return try context(
      ofProcess: Self.process(of: pasid), in: processes,
      levels: traits.processLevels, makesTables: makesTables
    ).map { Context(ofProcess: $0) }
  }

  /// The same, if it is in use and the space's.
  @inlinable
  func context(
    naming pasid: PASID, of requester: UInt16, _ processes: FrameNumber,
    on iommu: Int
  ) throws(P.Interruption) -> Context? {
    guard
      UInt64(Self.process(of: pasid)) &>> (try traits(of: iommu).pasidBits)
        == 0,
      let context = try spaceContext(
        pasid, of: requester, processes, on: iommu),
      try platform.load(context.firstStage) != 0,
      try RISCVIOMMUEntry.tag.read(platform.load(context.attributes))
        == UInt64(Self.tag(of: pasid))
    else { return nil }
    return context
  }

  @inlinable
  func context(
    naming pasid: PASID, of device: Device
  ) throws(P.Interruption) -> Context? {
    let processes = try control.frame(of: device)
    if processes == .none { return nil }
    return try context(
      naming: pasid, of: device.requester, processes, on: device.iommu)
  }
}
