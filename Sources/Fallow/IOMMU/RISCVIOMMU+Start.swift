extension RISCVIOMMU {
  /// Gives an IOMMU its device directory and its queue, and makes it forget
  /// everything; it translates from then on.
  ///
  /// Sleeps. Whoever boots the machine calls it once for each IOMMU.
  @inlinable
  public func start(_ iommu: Int) throws(P.Interruption) -> StartOutcome {
    let capabilities = try platform.load(
      RISCVIOMMURegister.capabilities.of(iommu))
    guard capabilities & RISCVIOMMURegister.Bit.sv39 &<< Self.mode != 0 else {
      return .unsupported
    }
    guard let directory = try platform.zeroedFrame() else {
      return .outOfFrames
    }
    guard let queue = try platform.zeroedFrame() else {
      try platform.free(directory, order: 0)
      return .outOfFrames
    }
    try store(queue.address.rawValue, to: .queue, of: iommu)
    guard try restartQueue(iommu) else { return .unanswered }
    let register = RISCVIOMMURegister.directory.of(iommu)
    let busy = RISCVIOMMURegister.Bit.busy
    try platform.store(
      directory.address.rawValue &>> 2 | RISCVIOMMURegister.Bit.oneLevel,
      to: register)
    try platform.await(
      IOMMUCondition(register, mask: busy, differsFrom: busy))
    try store(directory.address.rawValue, to: .directory, of: iommu)
    try forgetEverything(iommu)
    let ticket = try fence(iommu)
    return try wait(for: ticket, on: iommu) ? .started : .unanswered
  }

  /// Which format is walked: 0 for Sv39, 1 for Sv48, 2 for Sv57.
  @inlinable
  static var mode: UInt64 { UInt64(Format.levels &- 3) }

  /// Switches the queue off and on again, empty.
  ///
  /// The caller holds the queue's lock, or nobody else uses it yet.
  @inlinable
  func restartQueue(_ iommu: Int) throws(P.Interruption) -> Bool {
    let control = RISCVIOMMURegister.queueControl.of(iommu)
    let isOn = RISCVIOMMURegister.Queue.isOn
    try platform.store(RISCVIOMMURegister.Queue.errors, to: control)
    try platform.await(
      IOMMUCondition(control, mask: isOn, differsFrom: isOn))
    // The frame number from bit 10 on; 2^(7 + 1) commands.
    try platform.store(
      try load(.queue, of: iommu) &>> 2 | 7,
      to: RISCVIOMMURegister.queueBase.of(iommu))
    try store(0, to: .tail, of: iommu)
    try platform.store(0, to: RISCVIOMMURegister.queueTail.of(iommu))
    try platform.store(RISCVIOMMURegister.Queue.enable, to: control)
    try platform.await(IOMMUCondition(control, mask: isOn, differsFrom: 0))
    return try platform.load(control) & isOn != 0
  }

  /// Puts into the queue that all caches of an IOMMU are to be emptied.
  @inlinable
  func forgetEverything(_ iommu: Int) throws(P.Interruption) {
    try platform.lock(.queue(of: iommu))
    try put(.allContexts, iommu)
    try put(.allTranslations, iommu)
    try platform.unlock(.queue(of: iommu))
  }
}
