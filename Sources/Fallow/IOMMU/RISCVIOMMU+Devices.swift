// SPDX-License-Identifier: Apache-2.0

/// Which devices an IOMMU knows.
///
/// The valid bit of a context is stored last when it becomes valid, and cleared
/// first when it ceases to be: the IOMMU may read a context in pieces.
extension RISCVIOMMU {
  /// Makes a device known to its IOMMU; it reaches nothing yet.
  ///
  /// Requests find the address space of their PASID in the device's process
  /// directory, and those without one that of process 0. Where the IOMMU has no
  /// process directories, requests without a PASID alone find one, through the
  /// device's context.
  ///
  /// - Parameter device: The device.
  /// - Returns: Whether the driver took the device, or why it refuses it.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  @inlinable
  public func add(_ device: Device) throws(P.Interruption) -> AddOutcome {
    guard ControlFrame<P>.hasRoom(for: device.iommu) else {
      return .noSuchIOMMU
    }
    let platform = platform
    try platform.lock(.sharing)
    let outcome = try addLocked(device)
    try platform.unlock(.sharing)
    return outcome
  }

  @inlinable
  func addLocked(_ device: Device) throws(P.Interruption) -> AddOutcome {
    let platform = platform
    let iommu = device.iommu
    guard try control.load(.deviceTable, of: iommu) != 0 else {
      return .noSuchIOMMU
    }
    let traits = try traits(of: iommu)
    guard UInt64(device.requester) &>> traits.deviceBits == 0 else {
      return .outOfReach
    }
    let known = try control.frame(of: device)
    guard known == .none else {
      return try control.word(of: known).isLeaving ? .leaving : .alreadyKnown
    }
    guard let context = try context(of: device, makesTables: true),
      let processes = try platform.zeroedFrame()
    else { return .outOfFrames }
    try control.list(
      processes, as: DeviceWord(requester: device.requester), on: iommu)
    if traits.processLevels == 0 { return .added }
    typealias Entry = RISCVIOMMUEntry
    try platform.store(
      Entry.Root.mode(traits.processLevels)
        | Entry.Root.frame(processes.rawValue),
      to: context + Entry.Device.firstStage)
    try platform.store(
      traits.control | Entry.Device.hasProcesses(1)
        | Entry.Device.hasDefault(1), to: context + Entry.Device.control)
    return .added
  }

  /// Takes a device off the bus and its context out of the directory, and
  /// starts the queue anew.
  @inlinable
  public func isolate(_ device: Device) throws(P.Interruption) {
    let platform = platform
    let processes = try control.frame(of: device)
    if processes == .none { return }
    try platform.isolate(device)
    if let context = try context(of: device) {
      try platform.store(0, to: context + RISCVIOMMUEntry.Device.control)
    }
    var word = try control.word(of: processes)
    word.rawValue |= DeviceWord.isLeaving.mask
    try platform.store(word.rawValue, to: .binding, of: processes)
    try platform.lock(.queue(of: device.iommu))
    _ = try restartQueue(device.iommu)
    try platform.unlock(.queue(of: device.iommu))
    try dropEverything(device.iommu)
  }

  /// Clears the context of an isolated device, and frees its process directory.
  ///
  /// - Complexity: O(frames of the directory x 512 + devices behind the IOMMU)
  @inlinable
  public func remove(_ device: Device) throws(P.Interruption) {
    let processes = try control.frame(of: device)
    if processes == .none { return }
    if let context = try context(of: device) {
      try platform.store(0, to: context + RISCVIOMMUEntry.Device.firstStage)
      try platform.store(0, to: context + RISCVIOMMUEntry.Device.attributes)
    }
    try control.unlist(processes, on: device.iommu)
    let levels = try traits(of: device.iommu).processLevels
    try freeDirectory(processes, levels: levels)
  }

  /// Frees a process directory of so many levels.
  @inlinable
  func freeDirectory(
    _ directory: FrameNumber, levels: UInt64
  ) throws(P.Interruption) {
    if levels > 1 {
      for index in 0..<512 as Range<UInt64> {
        let entry = try platform.load(directory.address + index &* 8)
        if entry != 0 {
          try freeDirectory(
            FrameNumber(RISCVIOMMUEntry.frame.read(entry)),
            levels: levels &- 1)
        }
      }
    }
    try platform.free(directory, order: 0)
  }
}
