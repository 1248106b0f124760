/// How the start of an IOMMU ended.
@frozen
public enum StartOutcome: Equatable, BitwiseCopyable, Sendable {
  /// It translates, and no device can reach anything yet.
  case started
  /// It lacks scalable mode, first-stage translation or the queue.
  case unsupported
  /// There was no frame for its structures.
  case outOfFrames
  /// It did not do what it was told.
  case unanswered
}

extension VTd {
  /// Gives an IOMMU its root table and its queue, makes it forget everything,
  /// and switches translation on.
  ///
  /// Sleeps. Whoever boots the machine calls it once for each IOMMU.
  @inlinable
  public func start(_ iommu: Int) throws(P.Interruption) -> StartOutcome {
    let needed =
      VTdRegister.Capability.scalable | VTdRegister.Capability.firstStage
      | VTdRegister.Capability.queue
    let capability = try platform.load(
      VTdRegister.extendedCapability.of(iommu))
    guard capability & needed == needed else { return .unsupported }
    guard let root = try platform.zeroedFrame() else { return .outOfFrames }
    guard let commands = try platform.zeroedFrame() else {
      try platform.free(root, order: 0)
      return .outOfFrames
    }
    try control.store(commands.address.rawValue, to: .queue, of: iommu)
    try control.store(
      try platform.load(VTdRegister.capability.of(iommu))
        &>> VTdRegister.Capability.maxAddressMaskShift & 0x3f,
      to: .mostPages, of: iommu)
    // Bit 10: the table has scalable mode's entries.
    try platform.store(
      root.address.rawValue | 1 << 10,
      to: VTdRegister.rootTableAddress.of(iommu))
    guard try command(VTdRegister.Global.rootTable, on: iommu),
      try restartQueue(iommu)
    else { return .unanswered }
    try control.store(root.address.rawValue, to: .deviceTable, of: iommu)
    try forgetEverything(iommu)
    guard try queue.wait(for: queue.fence(iommu), on: iommu),
      try command(VTdRegister.Global.translation, on: iommu)
    else { return .unanswered }
    return .started
  }

  /// Sets a bit of the global command register, and waits until the status says
  /// that it was done.
  @inlinable
  func command(_ bit: UInt64, on iommu: Int) throws(P.Interruption) -> Bool {
    let status = VTdRegister.globalStatus.of(iommu)
    let now = try platform.load(status) & VTdRegister.Global.lasting
    try platform.store(now | bit, to: VTdRegister.globalCommand.of(iommu))
    try platform.await(IOMMUCondition(status, mask: bit, differsFrom: 0))
    return try platform.load(status) & bit != 0
  }

  /// Switches the queue off, if it is on, and on again, empty.
  ///
  /// The caller holds the sharing lock and the queue's, or nobody else uses it
  /// yet.
  @inlinable
  func restartQueue(_ iommu: Int) throws(P.Interruption) -> Bool {
    let status = VTdRegister.globalStatus.of(iommu)
    let bit = VTdRegister.Global.queue
    let now = try platform.load(status) & VTdRegister.Global.lasting
    try platform.store(now & ~bit, to: VTdRegister.globalCommand.of(iommu))
    try platform.await(IOMMUCondition(status, mask: bit, differsFrom: bit))
    try platform.store(
      VTdRegister.Fault.all, to: VTdRegister.faultStatus.of(iommu))
    try queue.reset(iommu)
    // Bit 11: descriptors of 256 bits; a page of them.
    try platform.store(
      try control.load(.queue, of: iommu) | 1 << 11,
      to: VTdRegister.queueAddress.of(iommu))
    return try command(bit, on: iommu)
  }

  /// Puts into the queue that all caches of an IOMMU are to be emptied.
  ///
  /// The caller holds the sharing lock, or nobody else uses the queue yet.
  @inlinable
  func forgetEverything(_ iommu: Int) throws(P.Interruption) {
    try queue.put(.allContexts, on: iommu)
    try queue.put(.allPASIDs, on: iommu)
    try queue.put(.allTranslations, on: iommu)
  }
}
