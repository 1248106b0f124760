// SPDX-License-Identifier: Apache-2.0

/// Which devices an IOMMU knows.
///
/// The word with an entry's present bit is stored last when it becomes present,
/// and first when it ceases to be: the IOMMU may fetch an entry in pieces.
extension VTd {
  /// Makes a device known to its IOMMU; it reaches nothing yet.
  ///
  /// Sleeps.
  ///
  /// - Returns: Whether the driver took the device, or why it refuses it.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Parameters:
  ///   - device: The device.
  ///   - tlb: Its own TLB, if its ATS is on.
  @inlinable
  public func add(
    _ device: Device, tlb: DeviceTLB? = nil
  ) throws(P.Interruption) -> AddOutcome {
    guard ControlFrame<P>.hasRoom(for: device.iommu) else {
      return .noSuchIOMMU
    }
    let platform = platform
    try platform.lock(.sharing)
    let outcome = try addLocked(device, tlb: tlb)
    let ticket =
      outcome == .added ? try dropAbsentContext(device.iommu) : nil
    try platform.unlock(.sharing)
    // The entry stands, whatever the IOMMU answers.
    if let ticket { _ = try queue.wait(for: ticket, on: device.iommu) }
    return outcome
  }

  @inlinable
  func addLocked(
    _ device: Device, tlb: DeviceTLB?
  ) throws(P.Interruption) -> AddOutcome {
    let platform = platform
    let iommu = device.iommu
    guard try control.load(.deviceTable, of: iommu) != 0 else {
      return .noSuchIOMMU
    }
    let known = try control.frame(of: device)
    guard known == .none else {
      return try control.word(of: known).isLeaving ? .leaving : .alreadyKnown
    }
    let capabilities = try capabilities(of: iommu)
    if tlb != nil && !capabilities.hasDeviceTLBs { return .noDeviceTLBs }
    guard let entry = try contextEntry(of: device, makesTable: true),
      let directory = try platform.zeroedFrame()
    else { return .outOfFrames }
    if tlb != nil { try countDeviceTLB(1, on: iommu) }
    try control.list(
      directory, as: DeviceWord(requester: device.requester, tlb: tlb),
      on: iommu)
    typealias Context = VTdEntry.Context
    // RID_PASID.
    try platform.store(UInt64(PASID.reserved.rawValue), to: entry + 8)
    try platform.store(
      directory.address.rawValue | Context.directorySize(2)
        | Context.pasids(capabilities.pasidBits > 0 ? 1 : 0)
        | Context.deviceTLB(tlb != nil ? 1 : 0) | VTdEntry.present(1),
      to: entry)
    return .added
  }

  /// Puts into the queue that no context entry is cached as absent, and returns
  /// the ticket to wait with; nil if none can be.
  @inlinable
  func dropAbsentContext(_ iommu: Int) throws(P.Interruption) -> UInt64? {
    guard try cachesAbsence(iommu) else { return nil }
    try queue.put(.allContexts, on: iommu)
    return try queue.fence(iommu)
  }

  /// Takes a device off the bus and its context entry out of its table, and
  /// starts the queue anew.
  @inlinable
  public func isolate(_ device: Device) throws(P.Interruption) {
    let platform = platform
    let directory = try control.frame(of: device)
    if directory == .none { return }
    try platform.isolate(device)
    if let entry = try contextEntry(of: device, makesTable: false) {
      try platform.store(0, to: entry)
    }
    var word = try control.word(of: directory)
    if word.hasTLB { try countDeviceTLB(-1, on: device.iommu) }
    word.rawValue &= ~DeviceWord.hasTLB.mask
    word.rawValue |= DeviceWord.isLeaving.mask
    try platform.store(word.rawValue, to: .binding, of: directory)
    try platform.lock(.queue(of: device.iommu))
    _ = try restartQueue(device.iommu)
    try platform.unlock(.queue(of: device.iommu))
    try dropEverything(device.iommu)
  }

  /// Frees the frames of an isolated device's directory and PASID tables.
  ///
  /// - Complexity: O(PASIDs of a directory / 64 + devices behind the IOMMU)
  @inlinable
  public func remove(_ device: Device) throws(P.Interruption) {
    let platform = platform
    let removed = try control.frame(of: device)
    if removed == .none { return }
    try control.unlist(removed, on: device.iommu)
    for index in 0..<512 as Range<UInt64> {
      let word = try platform.load(removed.address + index &* 8)
      if word != 0 {
        try platform.free(
          FrameNumber(containing: PhysicalAddress(word & VTdEntry.address)),
          order: 0)
      }
    }
    try platform.free(removed, order: 0)
  }

  @inlinable
  func countDeviceTLB(_ change: Int, on iommu: Int) throws(P.Interruption) {
    let count = try control.load(.deviceTLBs, of: iommu)
    try control.store(
      count &+ UInt64(truncatingIfNeeded: change), to: .deviceTLBs, of: iommu)
  }
}
