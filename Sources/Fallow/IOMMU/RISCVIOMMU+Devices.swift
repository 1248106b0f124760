/// The contexts by which an IOMMU finds the tables of a device.
///
/// The valid bit of a context is written last, and cleared first: the IOMMU may
/// fetch a context in pieces.
extension RISCVIOMMU {
  /// Words of a context: what is valid, tags, the root.
  @usableFromInline
  enum Context {
    @usableFromInline static var translation: UInt64 { 0 }
    @usableFromInline static var attributes: UInt64 { 16 }
    @usableFromInline static var firstStage: UInt64 { 24 }
    @usableFromInline static var valid: UInt64 { 1 }
  }

  /// How many devices a one-level directory can tell apart.
  @inlinable
  func deviceCount(of iommu: Int) throws(P.Interruption) -> UInt16 {
    UInt16(FrameNumber.size / (try contextSize(of: iommu)))
  }

  @inlinable
  func contextSize(of iommu: Int) throws(P.Interruption) -> UInt64 {
    let capabilities = try platform.load(
      RISCVIOMMURegister.capabilities.of(iommu))
    return capabilities & RISCVIOMMURegister.Bit.longContexts != 0 ? 64 : 32
  }

  /// Where the context of a device is; nil if the directory has none for it.
  @inlinable
  func context(of device: Device) throws(P.Interruption) -> PhysicalAddress? {
    let directory = try control.load(.deviceTable, of: device.iommu)
    guard directory != 0,
      try device.requester < deviceCount(of: device.iommu)
    else { return nil }
    return PhysicalAddress(directory)
      + UInt64(device.requester) &* (try contextSize(of: device.iommu))
  }

  /// Writes the device's context.
  @inlinable
  public func attach(
    _ root: FrameNumber, to device: Device, as pasid: PASID
  ) throws(P.Interruption) -> BindOutcome {
    let platform = platform
    guard let context = try context(of: device) else { return .unknownDevice }
    guard pasid.rawValue < 1 << 20,
      try platform.load(context + Context.firstStage) == 0
    else { return .pasidNotFree }
    try platform.store(
      UInt64(pasid.rawValue) &<< 12, to: context + Context.attributes)
    try platform.store(
      (8 &+ Self.mode) &<< 60 | root.rawValue,
      to: context + Context.firstStage)
    try platform.store(Context.valid, to: context + Context.translation)
    return .bound
  }

  /// Clears the valid bit of the device's context, and has the directory cache
  /// forget it; the rest of the context says that the device has not left.
  @inlinable
  public func detach(
    _ device: Device, from pasid: PASID
  ) throws(P.Interruption) {
    guard let context = try context(of: device) else { return }
    try platform.store(0, to: context + Context.translation)
    try queue.put(.context(of: device.requester), on: device.iommu)
  }

  /// Clears the rest of the context.
  @inlinable
  public func forget(
    _ device: Device, as pasid: PASID
  ) throws(P.Interruption) {
    try remove(device)
  }

  /// Whether the device has an entry for the PASID.
  @inlinable
  public func isAttached(
    _ device: Device, to root: FrameNumber, as pasid: PASID
  ) throws(P.Interruption) -> Bool {
    try isAttached(pasid, on: device.iommu)
  }

  /// Whether a context behind the IOMMU names the PASID, valid or not yet
  /// forgotten.
  ///
  /// - Complexity: O(devices that the directory can tell apart)
  @inlinable
  public func isAttached(
    _ pasid: PASID, on iommu: Int
  ) throws(P.Interruption) -> Bool {
    for requester in 0..<(try deviceCount(of: iommu)) {
      let device = Device(iommu: iommu, requester: requester)
      guard let context = try context(of: device) else { return false }
      let tag = try platform.load(context + Context.attributes)
      if try platform.load(context + Context.firstStage) != 0,
        tag == UInt64(pasid.rawValue) &<< 12
      {
        return true
      }
    }
    return false
  }

  /// Takes a device off the bus and its context out of the directory, and
  /// starts the queue anew.
  @inlinable
  public func isolate(_ device: Device) throws(P.Interruption) {
    let platform = platform
    try platform.isolate(device)
    if let context = try context(of: device) {
      try platform.store(0, to: context + Context.translation)
    }
    try platform.lock(.queue(of: device.iommu))
    _ = try restartQueue(device.iommu)
    try platform.unlock(.queue(of: device.iommu))
    try forgetEverything(device.iommu)
  }

  /// Clears what the context of an isolated device still says.
  @inlinable
  public func remove(_ device: Device) throws(P.Interruption) {
    guard let context = try context(of: device) else { return }
    try platform.store(0, to: context + Context.firstStage)
    try platform.store(0, to: context + Context.attributes)
  }
}
