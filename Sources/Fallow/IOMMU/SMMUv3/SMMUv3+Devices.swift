// SPDX-License-Identifier: Apache-2.0

/// Which devices an SMMU knows.
///
/// The word with an entry's valid bit is stored last when it becomes valid, and
/// first when it ceases to be: the SMMU may fetch an entry in pieces. It may
/// also have cached that an entry was not valid, so each that becomes valid is
/// dropped.
extension SMMUv3 {
  /// Makes a device known to its SMMU; it reaches nothing yet.
  ///
  /// Sleeps.
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
    var ticket: UInt64?
    if outcome == .added {
      try drop(.stream(device.requester), on: device.iommu)
      ticket = try queue.fence(device.iommu)
    }
    try platform.unlock(.sharing)
    // The entry stands, whatever the SMMU answers.
    if let ticket { _ = try queue.wait(for: ticket, on: device.iommu) }
    return outcome
  }

  @inlinable
  func addLocked(_ device: Device) throws(P.Interruption) -> AddOutcome {
    typealias Stream = SMMUv3Entry.Stream
    let platform = platform
    let iommu = device.iommu
    guard try control.load(.deviceTable, of: iommu) != 0 else {
      return .noSuchIOMMU
    }
    let traits = try traits(of: iommu)
    guard UInt64(device.requester) &>> traits.streamBits == 0 else {
      return .outOfReach
    }
    let known = try control.frame(of: device)
    guard known == .none else {
      return try control.word(of: known).isLeaving ? .leaving : .alreadyKnown
    }
    guard let stream = try stream(of: device, makesTable: true),
      let contexts = try platform.zeroedFrame()
    else { return .outOfFrames }
    try control.list(
      contexts, as: DeviceWord(requester: device.requester), on: iommu)
    try platform.store(Stream.attributes, to: stream + 8)
    try platform.store(
      contexts.address.rawValue | Stream.contextBits(traits.contextBits)
        | Stream.levels(traits.hasTwoLevelContexts ? 1 : 0)
        | Stream.configuration(5) | Stream.valid(1), to: stream)
    return .added
  }

  /// Takes a device off the bus and makes its stream abort, and starts the queue
  /// anew.
  @inlinable
  public func isolate(_ device: Device) throws(P.Interruption) {
    let platform = platform
    let contexts = try control.frame(of: device)
    if contexts == .none { return }
    try platform.isolate(device)
    if let stream = try stream(of: device) {
      try platform.store(SMMUv3Entry.Stream.valid(1), to: stream)
    }
    var word = try control.word(of: contexts)
    word.rawValue |= DeviceWord.isLeaving.mask
    try platform.store(word.rawValue, to: .binding, of: contexts)
    try platform.lock(.queue(of: device.iommu))
    _ = try restartQueue(device.iommu)
    try platform.unlock(.queue(of: device.iommu))
    try dropEverything(device.iommu)
  }

  /// Frees the frames of an isolated device's contexts.
  ///
  /// - Complexity: O(frames of contexts + devices behind the SMMU)
  @inlinable
  public func remove(_ device: Device) throws(P.Interruption) {
    let platform = platform
    let contexts = try control.frame(of: device)
    if contexts == .none { return }
    try control.unlist(contexts, on: device.iommu)
    if try traits(of: device.iommu).hasTwoLevelContexts {
      for index in 0..<512 as Range<UInt64> {
        let entry = try platform.load(contexts.address + index &* 8)
        if entry != 0 {
          try platform.free(
            FrameNumber(
              containing: PhysicalAddress(entry & SMMUv3Entry.address.mask)),
            order: 0)
        }
      }
    }
    try platform.free(contexts, order: 0)
  }
}
