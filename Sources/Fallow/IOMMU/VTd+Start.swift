// SPDX-License-Identifier: Apache-2.0

extension VTd {
  /// Starts an IOMMU: it gets its root table and its queue, drops everything,
  /// and translates from then on.
  ///
  /// Translation that firmware left on is switched off first. Sleeps. The code
  /// that boots the machine calls it once for each IOMMU; after
  /// ``StartOutcome/unanswered`` it may be called again.
  ///
  /// - Returns: Whether the IOMMU runs, or what it lacks.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Parameters:
  ///   - iommu: Its number, 0 to 31.
  ///   - maxLeafLevel: The highest level of a table in which the kernel makes
  ///     leaves; 2 if it makes none of 1 GiB.
  @inlinable
  public func start(
    _ iommu: Int, maxLeafLevel: Int = X86FourLevel.maxLeafLevel
  ) throws(P.Interruption) -> StartOutcome {
    guard ControlFrame<P>.hasRoom(for: iommu) else { return .noSuchIOMMU }
    guard try control.load(.deviceTable, of: iommu) == 0 else {
      return .alreadyStarted
    }
    if let feature = try missingFeature(of: iommu, maxLeafLevel) {
      return .lacks(feature)
    }
    guard let root = try control.takeTable(iommu) else { return .outOfFrames }
    let outcome = try start(iommu, root)
    if outcome != .started { try control.abandonTable(root, of: iommu) }
    return outcome
  }

  @inlinable
  func start(
    _ iommu: Int, _ root: FrameNumber
  ) throws(P.Interruption) -> StartOutcome {
    guard try control.takeQueue(iommu) else { return .outOfFrames }
    try control.store(try pageLimit(of: iommu), to: .capabilities, of: iommu)
    guard try switchOff(VTdRegister.Global.translation, on: iommu) else {
      return .unanswered
    }
    try control.handTable(root, to: iommu)
    try platform.store(
      root.address.rawValue | VTdRegister.RootTable.mode(1),
      to: VTdRegister.rootTableAddress.of(iommu))
    guard try switchOn(VTdRegister.Global.rootTable, on: iommu),
      try restartQueue(iommu)
    else { return .unanswered }
    try dropEverything(iommu)
    guard try queue.wait(for: queue.fence(iommu), on: iommu),
      try switchOn(VTdRegister.Global.translation, on: iommu)
    else { return .unanswered }
    try control.store(root.address.rawValue, to: .deviceTable, of: iommu)
    return .started
  }

  /// Sets a bit of the global command register, and returns whether the status
  /// reports it in time.
  @inlinable
  func switchOn(
    _ bit: BitField, on iommu: Int
  ) throws(P.Interruption) -> Bool {
    let status = VTdRegister.globalStatus.of(iommu)
    let now = try platform.load(status) & VTdRegister.Global.lasting
    try platform.store(now | bit.mask, to: VTdRegister.globalCommand.of(iommu))
    try platform.await(IOMMUCondition(status, mask: bit.mask, differsFrom: 0))
    return bit.isSet(in: try platform.load(status))
  }

  /// Clears a bit of the global command register, if it is set, and returns
  /// whether the status reports it in time.
  @inlinable
  func switchOff(
    _ bit: BitField, on iommu: Int
  ) throws(P.Interruption) -> Bool {
    let status = VTdRegister.globalStatus.of(iommu)
    let now = try platform.load(status) & VTdRegister.Global.lasting
    guard bit.isSet(in: now) else { return true }
    try platform.store(
      now & ~bit.mask, to: VTdRegister.globalCommand.of(iommu))
    try platform.await(
      IOMMUCondition(status, mask: bit.mask, differsFrom: bit.mask))
    return try !bit.isSet(in: platform.load(status))
  }

  /// Switches the queue off, if it is on, and on again, empty.
  ///
  /// - Returns: False if the IOMMU did not switch in time; the address of a
  ///   queue that is on is not written.
  ///
  /// The caller holds the sharing lock and the queue's, or nobody else uses it
  /// yet.
  @inlinable
  func restartQueue(_ iommu: Int) throws(P.Interruption) -> Bool {
    guard try switchOff(VTdRegister.Global.queue, on: iommu) else {
      return false
    }
    try platform.store(
      VTdRegister.Fault.all, to: VTdRegister.faultStatus.of(iommu))
    try queue.reset(iommu)
    try platform.store(
      try control.load(.queue, of: iommu)
        | VTdRegister.Queue.wideDescriptors(1),
      to: VTdRegister.queueAddress.of(iommu))
    return try switchOn(VTdRegister.Global.queue, on: iommu)
  }

  /// Puts into the queue that all caches of an IOMMU drop everything, those
  /// that lead to others first.
  ///
  /// The caller holds the sharing lock, or nobody else uses the queue yet.
  @inlinable
  func dropEverything(_ iommu: Int) throws(P.Interruption) {
    try queue.put(.allContexts, on: iommu)
    try queue.order(iommu)
    try queue.put(.allPASIDs, on: iommu)
    try queue.order(iommu)
    try queue.put(.allTranslations, on: iommu)
  }
}
