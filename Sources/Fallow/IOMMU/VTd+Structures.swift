// SPDX-License-Identifier: Apache-2.0

/// Finding entries in the structures that an IOMMU reads.
extension VTd {
  /// Where the entry of a space is in a device's tables.
  ///
  /// - Returns: Nil if its table is missing and is not to be made, or cannot
  ///   be.
  @inlinable
  func entry(
    of space: VTdSpace, in directory: FrameNumber, makesTable: Bool = false
  ) throws(P.Interruption) -> PhysicalAddress? {
    let table = UInt64(space.pasid) &>> VTdEntry.pasidTableBits
    guard table < 512 else { return nil }
    let slot = directory.address + table &* 8
    guard let next = try structure(at: slot, makesIt: makesTable) else {
      return nil
    }
    let index = UInt64(space.pasid) & (1 &<< VTdEntry.pasidTableBits &- 1)
    return next + index &* VTdEntry.pasidEntrySize
  }

  /// The same, if the entry is in use and the space's.
  @inlinable
  func entry(
    naming space: VTdSpace, in directory: FrameNumber
  ) throws(P.Interruption) -> PhysicalAddress? {
    guard let entry = try entry(of: space, in: directory),
      try platform.load(entry) != 0,
      try VTdEntry.Space.domain.read(platform.load(entry + 8))
        == UInt64(space.domain)
    else { return nil }
    return entry
  }

  /// The same in the tables of a device.
  @inlinable
  func entry(
    naming space: VTdSpace, of device: Device
  ) throws(P.Interruption) -> PhysicalAddress? {
    let directory = try control.frame(of: device)
    if directory == .none { return nil }
    return try entry(naming: space, in: directory)
  }

  /// Where a device's context entry is.
  ///
  /// A root table entry has two words: the context tables of the bus's lower
  /// and upper 128 functions.
  ///
  /// - Returns: Nil if its table is missing and is not to be made, or cannot
  ///   be.
  @inlinable
  func contextEntry(
    of device: Device, makesTable: Bool
  ) throws(P.Interruption) -> PhysicalAddress? {
    let requester = UInt64(device.requester)
    let slot =
      PhysicalAddress(try control.load(.deviceTable, of: device.iommu))
      + (requester &>> 7) &* 8
    guard let table = try structure(at: slot, makesIt: makesTable) else {
      return nil
    }
    return table + (requester & 127) &* VTdEntry.contextSize
  }

  /// The structure of one frame that the entry at `slot` leads to.
  @inlinable
  func structure(
    at slot: PhysicalAddress, makesIt: Bool
  ) throws(P.Interruption) -> PhysicalAddress? {
    let word = try platform.load(slot)
    if word != 0 { return PhysicalAddress(word & VTdEntry.address) }
    guard makesIt, let frame = try platform.zeroedFrame() else { return nil }
    try platform.store(frame.address.rawValue | VTdEntry.present(1), to: slot)
    return frame.address
  }
}
