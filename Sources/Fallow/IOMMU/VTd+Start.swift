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
    guard let queue = try platform.zeroedFrame() else {
      try platform.free(root, order: 0)
      return .outOfFrames
    }
    try store(queue.address.rawValue, to: .queue, of: iommu)
    try store(
      try platform.load(VTdRegister.capability.of(iommu))
        &>> VTdRegister.Capability.maxAddressMaskShift & 0x3f,
      to: .maxAddressMask, of: iommu)
    // Bit 10: the table has scalable mode's entries.
    try platform.store(
      root.address.rawValue | 1 << 10,
      to: VTdRegister.rootTableAddress.of(iommu))
    guard try command(VTdRegister.Global.rootTable, on: iommu),
      try restartQueue(iommu)
    else { return .unanswered }
    try store(root.address.rawValue, to: .rootTable, of: iommu)
    try forgetEverything(iommu)
    let ticket = try fence(iommu)
    guard try wait(for: ticket, on: iommu),
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
  /// The caller holds the queue's lock, or nobody else uses it yet.
  @inlinable
  func restartQueue(_ iommu: Int) throws(P.Interruption) -> Bool {
    let status = VTdRegister.globalStatus.of(iommu)
    let bit = VTdRegister.Global.queue
    let now = try platform.load(status) & VTdRegister.Global.lasting
    try platform.store(now & ~bit, to: VTdRegister.globalCommand.of(iommu))
    try platform.await(IOMMUCondition(status, mask: bit, differsFrom: bit))
    try platform.store(
      VTdRegister.Fault.all, to: VTdRegister.faultStatus.of(iommu))
    try store(0, to: .tail, of: iommu)
    try store(0, to: .head, of: iommu)
    try platform.store(0, to: VTdRegister.queueTail.of(iommu))
    // Bit 11: descriptors of 256 bits; a page of them.
    try platform.store(
      try load(.queue, of: iommu) | 1 << 11,
      to: VTdRegister.queueAddress.of(iommu))
    return try command(bit, on: iommu)
  }

  /// Puts into the queue that all caches of an IOMMU are to be emptied.
  @inlinable
  func forgetEverything(_ iommu: Int) throws(P.Interruption) {
    try platform.lock(.queue(of: iommu))
    try put(.allContexts, iommu)
    try put(.allPASIDs, iommu)
    try put(.allTranslations, iommu)
    try platform.unlock(.queue(of: iommu))
  }
}
