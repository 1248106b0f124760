// SPDX-License-Identifier: Apache-2.0

/// Finding contexts in the structures that an IOMMU reads.
extension RISCVIOMMU {
  /// Where the context of a device is: section "Process to locate the
  /// Device-context".
  ///
  /// - Returns: Nil if a directory is missing and is not to be made, or cannot
  ///   be.
  @inlinable
  func context(
    of device: Device, makesTables: Bool = false
  ) throws(P.Interruption) -> PhysicalAddress? {
    let traits = try traits(of: device.iommu)
    let isExtended = traits.isExtended
    let root = FrameNumber(
      containing: PhysicalAddress(
        try control.load(.deviceTable, of: device.iommu)))
    return try leaf(
      UInt64(device.requester), under: root, levels: traits.deviceLevels,
      indexBits: RISCVIOMMUEntry.Device.indexBits(isExtended: isExtended),
      size: RISCVIOMMUEntry.Device.size(isExtended: isExtended), makesTables)
  }

  /// Where the context of a process is: section "Process to locate the
  /// Process-context".
  ///
  /// - Returns: Nil as ``context(of:makesTables:)``.
  @inlinable
  func context(
    ofProcess number: UInt32, in processes: FrameNumber, levels: UInt64,
    makesTables: Bool = false
  ) throws(P.Interruption) -> PhysicalAddress? {
    try leaf(
      UInt64(number), under: processes, levels: levels,
      indexBits: RISCVIOMMUEntry.Process.indexBits,
      size: RISCVIOMMUEntry.Process.size, makesTables)
  }

  @inlinable
  func leaf(
    _ number: UInt64, under root: FrameNumber, levels: UInt64,
    indexBits: UInt64, size: UInt64, _ makesTables: Bool
  ) throws(P.Interruption) -> PhysicalAddress? {
    var directory = root
    var level = levels
    while level > 1 {
      let shift = indexBits &+ RISCVIOMMUEntry.indexBits &* (level &- 2)
      let slot = directory.address + (number &>> shift & 511) &* 8
      let entry = try platform.load(slot)
      if entry != 0 {
        directory = FrameNumber(RISCVIOMMUEntry.frame.read(entry))
      } else {
        guard makesTables, let frame = try platform.zeroedFrame() else {
          return nil
        }
        try platform.store(
          RISCVIOMMUEntry.frame(frame.rawValue) | RISCVIOMMUEntry.valid(1),
          to: slot)
        directory = frame
      }
      level &-= 1
    }
    let index = number & (1 &<< indexBits &- 1)
    return directory.address + index &* size
  }
}
