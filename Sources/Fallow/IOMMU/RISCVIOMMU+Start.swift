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
    guard let commands = try platform.zeroedFrame() else {
      try platform.free(directory, order: 0)
      return .outOfFrames
    }
    try control.store(commands.address.rawValue, to: .queue, of: iommu)
    guard try restartQueue(iommu) else { return .unanswered }
    let register = RISCVIOMMURegister.directory.of(iommu)
    let busy = RISCVIOMMURegister.Bit.busy
    try platform.store(
      directory.address.rawValue &>> 2 | RISCVIOMMURegister.Bit.oneLevel,
      to: register)
    try platform.await(
      IOMMUCondition(register, mask: busy, differsFrom: busy))
    try control.store(directory.address.rawValue, to: .deviceTable, of: iommu)
    try forgetEverything(iommu)
    return try queue.wait(for: queue.fence(iommu), on: iommu)
      ? .started : .unanswered
  }

  /// Which format is walked: 0 for Sv39, 1 for Sv48, 2 for Sv57.
  @inlinable
  static var mode: UInt64 { UInt64(Format.levels &- 3) }

  /// Switches the queue off and on again, empty.
  ///
  /// The caller holds the sharing lock and the queue's, or nobody else uses it
  /// yet.
  @inlinable
  func restartQueue(_ iommu: Int) throws(P.Interruption) -> Bool {
    let register = RISCVIOMMURegister.queueControl.of(iommu)
    let isOn = RISCVIOMMURegister.Queue.isOn
    try platform.store(RISCVIOMMURegister.Queue.errors, to: register)
    try platform.await(
      IOMMUCondition(register, mask: isOn, differsFrom: isOn))
    // The frame number from bit 10 on; 2^(7 + 1) commands.
    try platform.store(
      try control.load(.queue, of: iommu) &>> 2 | 7,
      to: RISCVIOMMURegister.queueBase.of(iommu))
    try queue.reset(iommu)
    try platform.store(RISCVIOMMURegister.Queue.enable, to: register)
    try platform.await(IOMMUCondition(register, mask: isOn, differsFrom: 0))
    return try platform.load(register) & isOn != 0
  }

  /// Puts into the queue that all caches of an IOMMU are to be emptied.
  ///
  /// The caller holds the sharing lock, or nobody else uses the queue yet.
  @inlinable
  func forgetEverything(_ iommu: Int) throws(P.Interruption) {
    try queue.put(.allContexts, on: iommu)
    try queue.put(.allTranslations, on: iommu)
  }
}
