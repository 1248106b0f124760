// SPDX-License-Identifier: Apache-2.0

/// Which address spaces a device reaches: the entries of its PASID tables.
///
/// An entry whose first word is not zero is in use: present, or not yet
/// forgotten.
extension VTd {
  /// Writes the PASID table entry.
  ///
  /// - Complexity: O(devices behind the IOMMU)
  @inlinable
  public func attach(
    _ root: FrameNumber, to device: Device, as pasid: PASID
  ) throws(P.Interruption) -> BindOutcome {
    let platform = platform
    let iommu = device.iommu
    let directory = try control.frame(of: device)
    if let refusal = try control.refusal(ofDeviceWith: directory) {
      return refusal
    }
    if let refusal = try refusal(of: pasid, on: iommu) { return refusal }
    let isCoherent = VTdRegister.ExtendedCapability.snoopedWalks.isSet(
      in: try platform.load(VTdRegister.extendedCapability.of(iommu)))
    guard isCoherent || trustsCoherence else { return .notCoherent }
    guard try isFree(pasid, for: root, on: iommu) else {
      return .pasidNotFree
    }
    let space = VTdSpace(pasid)
    guard
      let entry = try entry(of: space, in: directory, makesTable: true)
    else { return .outOfFrames }
    guard try platform.load(entry) == 0 else { return .pasidNotFree }
    typealias Space = VTdEntry.Space
    // Guard: present-comes-last
    try platform.store(
      Space.domain(UInt64(space.domain))
        | Space.snoopedWalks(isCoherent ? 1 : 0), to: entry + 8)
    try platform.store(
      root.address.rawValue | Space.levels(0) | Space.noExecute(1),
      to: entry + 16)
    try platform.store(
      Space.width(2) | Space.translation(1) | VTdEntry.present(1), to: entry)
    return .bound
  }

  /// Puts into the queue that the PASID table entry is not cached as absent, in
  /// caching mode; see ``IOMMUDriver/dropAbsence(of:as:)``.
  @inlinable
  public func dropAbsence(
    of device: Device, as pasid: PASID
  ) throws(P.Interruption) -> UInt64? {
    let iommu = device.iommu
    guard try cachesAbsence(iommu) else { return nil }
    let space = VTdSpace(pasid)
    try queue.put(.entry(of: space), on: iommu)
    try queue.order(iommu)
    try queue.put(.translations(of: space), on: iommu)
    return try queue.fence(iommu)
  }

  /// Why no space can have that number on an IOMMU; nil if one can.
  @inlinable
  func refusal(
    of pasid: PASID, on iommu: Int
  ) throws(P.Interruption) -> BindOutcome? {
    if let tag = pasid.tagWithoutPASID {
      let isKnown = try UInt64(tag) &+ 2 < domains(of: iommu)
      return isKnown ? nil : .pasidTooWide
    }
    return pasid.refusal(atWidth: try capabilities(of: iommu).pasidBits)
  }

  /// Whether no device behind the IOMMU reaches another root by that number.
  @inlinable
  func isFree(
    _ pasid: PASID, for root: FrameNumber, on iommu: Int
  ) throws(P.Interruption) -> Bool {
    let space = VTdSpace(pasid)
    var directory = try control.firstDevice(of: iommu)
    while directory != .none {
      if let entry = try entry(naming: space, in: directory),
        try platform.load(entry + 16) & VTdEntry.address
          != root.address.rawValue
      {
        return false
      }
      directory = try platform.link(of: directory)
    }
    return true
  }

  /// Clears the present bit of the PASID table entry, and puts into the queue
  /// that the PASID cache drops it, before any translation that follows; the
  /// rest of the entry shows that the device has not left.
  @inlinable
  public func detach(
    _ device: Device, from pasid: PASID
  ) throws(P.Interruption) {
    let space = VTdSpace(pasid)
    guard let entry = try entry(naming: space, of: device) else { return }
    let word = try platform.load(entry)
    // Guard: present-goes-first
    try platform.store(word & ~VTdEntry.present.mask, to: entry)
    // Guard: entry-is-forgotten
    try queue.put(.entry(of: space), on: device.iommu)
    try queue.order(device.iommu)
  }

  /// Clears the rest of the entry.
  @inlinable
  public func forget(
    _ device: Device, as pasid: PASID
  ) throws(P.Interruption) {
    guard let entry = try entry(naming: VTdSpace(pasid), of: device) else {
      return
    }
    try platform.store(0, to: entry + 16)
    try platform.store(0, to: entry + 8)
    try platform.store(0, to: entry)
  }

  /// Whether the device has an entry for the PASID that leads to the root,
  /// present or not yet forgotten.
  @inlinable
  public func isAttached(
    _ device: Device, to root: FrameNumber, as pasid: PASID
  ) throws(P.Interruption) -> Bool {
    guard let entry = try entry(naming: VTdSpace(pasid), of: device) else {
      return false
    }
    return try platform.load(entry + 16) & VTdEntry.address
      == root.address.rawValue
  }

  /// Whether a device behind the IOMMU has an entry for the PASID, present or
  /// not yet forgotten.
  ///
  /// - Complexity: O(devices behind the IOMMU)
  @inlinable
  public func isAttached(
    _ pasid: PASID, on iommu: Int
  ) throws(P.Interruption) -> Bool {
    let space = VTdSpace(pasid)
    guard ControlFrame<P>.hasRoom(for: iommu) else { return false }
    var directory = try control.firstDevice(of: iommu)
    while directory != .none {
      if try entry(naming: space, in: directory) != nil { return true }
      directory = try platform.link(of: directory)
    }
    return false
  }
}
