// SPDX-License-Identifier: Apache-2.0

extension SMMUv3 {
  /// Starts an SMMU: it gets its stream table and its queue, drops everything,
  /// and translates from then on.
  ///
  /// What firmware left is switched off first, and requests are aborted while
  /// the SMMU is off. Events are not recorded before
  /// ``startFaultRecords(of:)``. Sleeps. The code that boots the machine calls it
  /// once for each SMMU; after ``StartOutcome/unanswered`` it may be called
  /// again.
  ///
  /// - Parameter iommu: Its number, 0 to 31.
  /// - Returns: Whether the SMMU runs, or what it lacks.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  @inlinable
  public func start(_ iommu: Int) throws(P.Interruption) -> StartOutcome {
    guard ControlFrame<P>.hasRoom(for: iommu) else { return .noSuchIOMMU }
    guard try control.load(.deviceTable, of: iommu) == 0 else {
      return .alreadyStarted
    }
    if let feature = try missingFeature(of: iommu) { return .lacks(feature) }
    guard let table = try control.takeTable(iommu) else { return .outOfFrames }
    let outcome = try start(iommu, table)
    if outcome != .started { try control.abandonTable(table, of: iommu) }
    return outcome
  }

  @inlinable
  func start(
    _ iommu: Int, _ table: FrameNumber
  ) throws(P.Interruption) -> StartOutcome {
    guard try control.takeQueue(iommu) else { return .outOfFrames }
    guard try abortBypassing(iommu), try setControl(0, iommu) else {
      return .unanswered
    }
    try control.handTable(table, to: iommu)
    let traits = try reportedTraits(of: iommu)
    try place(table, traits, iommu)
    guard try restartQueue(iommu) else { return .unanswered }
    try dropEverything(iommu)
    guard try queue.wait(for: queue.fence(iommu), on: iommu),
      try changeControl(setting: SMMUv3Register.Control.enable, iommu)
    else { return .unanswered }
    try control.store(traits.rawValue, to: .capabilities, of: iommu)
    try control.store(table.address.rawValue, to: .deviceTable, of: iommu)
    return .started
  }

  /// Gives an SMMU that is off its stream table, and how it accesses
  /// memory.
  @inlinable
  func place(
    _ table: FrameNumber, _ traits: Traits, _ iommu: Int
  ) throws(P.Interruption) {
    typealias Base = SMMUv3Register.Base
    let platform = platform
    try platform.store(
      SMMUv3Register.coherentAccesses, to: SMMUv3Register.accesses.of(iommu))
    try platform.store(
      SMMUv3Register.privateTLB(1), to: SMMUv3Register.broadcasts.of(iommu))
    try platform.store(
      table.address.rawValue | Base.allocate(1),
      to: SMMUv3Register.streamTable.of(iommu))
    try platform.store(
      Base.streamBits(traits.streamBits)
        | Base.split(traits.hasTwoLevels ? SMMUv3Entry.Streams.bits : 0)
        | Base.levels(traits.hasTwoLevels ? 1 : 0),
      to: SMMUv3Register.streamTableShape.of(iommu))
  }

  // MARK: Registers

  /// Makes an SMMU that is off abort all requests; false if it does not do so
  /// in time.
  @inlinable
  func abortBypassing(_ iommu: Int) throws(P.Interruption) -> Bool {
    typealias Bypass = SMMUv3Register.Bypass
    let register = SMMUv3Register.bypass.of(iommu)
    guard let now = try bypassAttributes(of: iommu) else { return false }
    try platform.store(
      now | Bypass.abort(1) | Bypass.update(1), to: register)
    return try bypassAttributes(of: iommu) != nil
  }

  /// GBPA once no change of it is under way; nil if one still is when patience
  /// ends.
  @inlinable
  func bypassAttributes(of iommu: Int) throws(P.Interruption) -> UInt64? {
    let register = SMMUv3Register.bypass.of(iommu)
    let update = SMMUv3Register.Bypass.update
    try platform.await(
      IOMMUCondition(register, mask: update.mask, differsFrom: update.mask))
    let word = try platform.load(register)
    return update.isSet(in: word) ? nil : word
  }

  /// Sets a bit of CR0, or clears one, and returns whether it is in effect in
  /// time.
  @inlinable
  func changeControl(
    setting set: BitField? = nil, clearing clear: BitField? = nil,
    _ iommu: Int
  ) throws(P.Interruption) -> Bool {
    let now = try platform.load(SMMUv3Register.control.of(iommu))
    return try setControl(
      (now | (set?.mask ?? 0)) & ~(clear?.mask ?? 0), iommu)
  }

  /// Writes CR0, and returns whether it is in effect in time.
  @inlinable
  func setControl(
    _ bits: UInt64, _ iommu: Int
  ) throws(P.Interruption) -> Bool {
    let platform = platform
    let acknowledged = SMMUv3Register.acknowledged.of(iommu)
    let before = try platform.load(acknowledged)
    try platform.store(bits, to: SMMUv3Register.control.of(iommu))
    var changed = before ^ bits
    while changed != 0 {
      let bit = changed & (0 &- changed)
      try platform.await(
        IOMMUCondition(acknowledged, mask: bit, differsFrom: before & bit))
      changed ^= bit
    }
    return try platform.load(acknowledged) == bits
  }

  // MARK: The command queue

  /// The binary logarithm of the commands in a frame.
  @inlinable
  static var queueBits: UInt64 { 8 }

  /// Switches the queue off, if it is on, and on again, empty.
  ///
  /// - Returns: False if the SMMU did not switch in time; the base of a queue
  ///   that is on is not written.
  ///
  /// The caller holds the sharing lock and the queue's, or nobody else uses it
  /// yet.
  @inlinable
  func restartQueue(_ iommu: Int) throws(P.Interruption) -> Bool {
    typealias Base = SMMUv3Register.Base
    let platform = platform
    guard
      try changeControl(clearing: SMMUv3Register.Control.queue, iommu)
    else { return false }
    try SMMUv3Command.acknowledge(
      platform.load(SMMUv3Register.errors.of(iommu)), of: iommu, on: platform)
    try platform.store(
      try control.load(.queue, of: iommu) | Base.queueSize(Self.queueBits)
        | Base.allocate(1), to: SMMUv3Register.queueBase.of(iommu))
    try queue.reset(iommu)
    try platform.store(0, to: SMMUv3Register.queueConsumer.of(iommu))
    return try changeControl(setting: SMMUv3Register.Control.queue, iommu)
  }

  /// Puts into the queue that all caches of an SMMU drop everything, those
  /// that lead to others first.
  ///
  /// The caller holds the sharing lock, or nobody else uses the queue yet.
  @inlinable
  func dropEverything(_ iommu: Int) throws(P.Interruption) {
    try drop(.allContexts, on: iommu)
    try queue.order(iommu)
    try drop(.everything, on: iommu)
  }
}
