/// The structures by which an IOMMU finds the tables of a device and PASID:
/// root table, context table, PASID directory, PASID table.
///
/// The present bit of an entry is the last word of it to be written, and the
/// first to be cleared: the IOMMU may fetch an entry in pieces.
extension VTd {
  /// The PASIDs that a device's directory, of one frame, can tell apart.
  @inlinable
  static var pasids: UInt32 { 512 &* 64 }

  @inlinable
  static var present: UInt64 { 1 }

  @inlinable
  static var addressBits: UInt64 { ~(FrameNumber.size &- 1) }

  /// The word of a directory's descriptor that says who the device is.
  @inlinable
  static func identity(of device: Device, hasTLB: Bool) -> UInt64 {
    UInt64(device.requester) | (hasTLB ? 1 &<< 16 : 0)
  }

  /// Lets an IOMMU know a device, that reaches nothing yet; false if there is
  /// no frame for it.
  ///
  /// `hasTLB` says whether the device caches translations itself: its ATS is
  /// on.
  ///
  /// - Precondition: The IOMMU is started and does not know the device; or the
  ///   device was expelled.
  @inlinable
  public func add(
    _ device: Device, hasTLB: Bool = false
  ) throws(P.Interruption) -> Bool {
    let platform = platform
    try platform.lock(.sharing)
    let isAdded = try addLocked(device, hasTLB: hasTLB)
    try platform.unlock(.sharing)
    return isAdded
  }

  @inlinable
  func addLocked(
    _ device: Device, hasTLB: Bool
  ) throws(P.Interruption) -> Bool {
    let platform = platform
    guard let entry = try contextEntry(of: device, makesTable: true),
      let directory = try platform.zeroedFrame()
    else { return false }
    try platform.setLink(
      FrameNumber(listHead: try control.load(.devices, of: device.iommu)),
      of: directory)
    try platform.store(
      Self.identity(of: device, hasTLB: hasTLB), to: .binding, of: directory)
    if hasTLB {
      let count = try control.load(.deviceTLBs, of: device.iommu)
      try control.store(count &+ 1, to: .deviceTLBs, of: device.iommu)
    }
    try control.store(directory.listHead, to: .devices, of: device.iommu)
    // 512 directory entries; requests carry PASIDs, and those that do not are
    // of PASID 0.
    try platform.store(0, to: entry + 8)
    try platform.store(
      directory.address.rawValue | 2 &<< 9 | 1 &<< 3 | (hasTLB ? 1 &<< 2 : 0)
        | Self.present, to: entry)
    return true
  }

  /// Writes the PASID table entry.
  @inlinable
  public func attach(
    _ root: FrameNumber, to device: Device, as pasid: PASID
  ) throws(P.Interruption) -> BindOutcome {
    let platform = platform
    let directory = try directory(of: device)
    if directory == .none { return .unknownDevice }
    let needed =
      VTdRegister.Capability.snoopedWalks | VTdRegister.Capability.coherent
    let capability = try platform.load(
      VTdRegister.extendedCapability.of(device.iommu))
    let isCoherent = capability & needed == needed
    guard isCoherent || trustsCoherence else { return .notCoherent }
    guard pasid.rawValue < Self.pasids else { return .pasidNotFree }
    let slot = directory.address + UInt64(pasid.rawValue &>> 6) &* 8
    if try platform.load(slot) == 0 {
      guard let table = try platform.zeroedFrame() else { return .outOfFrames }
      try platform.store(table.address.rawValue | Self.present, to: slot)
    }
    let entry = try entry(of: pasid, in: directory)
    guard try platform.load(entry) == 0 else { return .pasidNotFree }
    // The domain, and PWSNP, walks that snoop; the root, for 4 levels.
    try platform.store(
      UInt64(Self.domain) | (isCoherent ? 1 &<< 23 : 0), to: entry + 8)
    try platform.store(root.address.rawValue, to: entry + 16)
    // 48-bit addresses, first stage only.
    try platform.store(2 &<< 2 | 1 &<< 6 | Self.present, to: entry)
    return .bound
  }

  /// Clears the present bit of the PASID table entry, and has the PASID cache
  /// forget it; the rest of the entry says that the device has not left.
  @inlinable
  public func detach(
    _ device: Device, from pasid: PASID
  ) throws(P.Interruption) {
    let directory = try directory(of: device)
    if directory == .none { return }
    let entry = try entry(of: pasid, in: directory)
    if entry == PhysicalAddress(0) { return }
    let word = try platform.load(entry)
    try platform.store(word & ~Self.present, to: entry)
    try queue.put(.pasid(pasid, domain: Self.domain), on: device.iommu)
  }

  /// Clears the rest of the entry.
  @inlinable
  public func forget(
    _ device: Device, as pasid: PASID
  ) throws(P.Interruption) {
    let directory = try directory(of: device)
    if directory == .none { return }
    let entry = try entry(of: pasid, in: directory)
    if entry == PhysicalAddress(0) { return }
    try platform.store(0, to: entry + 16)
    try platform.store(0, to: entry + 8)
    try platform.store(0, to: entry)
  }

  /// Whether the device has an entry for the PASID.
  @inlinable
  public func isAttached(
    _ device: Device, to root: FrameNumber, as pasid: PASID
  ) throws(P.Interruption) -> Bool {
    try isAttached(pasid, on: device.iommu)
  }

  /// Whether a device behind the IOMMU has an entry for the PASID, present or
  /// not yet forgotten.
  ///
  /// - Complexity: O(devices behind the IOMMU)
  @inlinable
  public func isAttached(
    _ pasid: PASID, on iommu: Int
  ) throws(P.Interruption) -> Bool {
    var directory = FrameNumber(listHead: try control.load(.devices, of: iommu))
    while directory != .none {
      if try hasEntry(for: pasid, in: directory) { return true }
      directory = try platform.link(of: directory)
    }
    return false
  }

  /// Puts a request into the queue for every device TLB that may hold
  /// translations of the PASID.
  ///
  /// The caller holds the sharing lock.
  @inlinable
  @inline(never)
  func putDeviceRequests(
    of pasid: PASID, for range: VirtualRange?, on iommu: Int
  ) throws(P.Interruption) {
    let (address, mask) = Self.block(of: range)
    var directory = FrameNumber(listHead: try control.load(.devices, of: iommu))
    while directory != .none {
      let identity = try platform.load(.binding, of: directory)
      if identity &>> 16 != 0, try hasEntry(for: pasid, in: directory) {
        try queue.put(
          .deviceTranslations(
            of: pasid, requester: UInt16(truncatingIfNeeded: identity),
            at: address, mask: mask), on: iommu)
      }
      directory = try platform.link(of: directory)
    }
  }

  // MARK: Expelling

  /// Takes a device off the bus and its context entry out of its table, and
  /// starts the queue anew.
  @inlinable
  public func isolate(_ device: Device) throws(P.Interruption) {
    let platform = platform
    let directory = try directory(of: device)
    if directory == .none { return }
    try platform.isolate(device)
    if let entry = try contextEntry(of: device, makesTable: false) {
      try platform.store(0, to: entry)
    }
    let identity = try platform.load(.binding, of: directory)
    if identity &>> 16 != 0 {
      try platform.store(
        Self.identity(of: device, hasTLB: false), to: .binding, of: directory)
      let count = try control.load(.deviceTLBs, of: device.iommu)
      try control.store(count &- 1, to: .deviceTLBs, of: device.iommu)
    }
    try platform.lock(.queue(of: device.iommu))
    _ = try restartQueue(device.iommu)
    try platform.unlock(.queue(of: device.iommu))
    try forgetEverything(device.iommu)
  }

  /// Gives back the frames of a device's directory and PASID tables.
  ///
  /// - Complexity: O(PASIDs of a directory / 64 + devices behind the IOMMU)
  @inlinable
  public func remove(_ device: Device) throws(P.Interruption) {
    let platform = platform
    let removed = try directory(of: device)
    if removed == .none { return }
    let next = try platform.link(of: removed)
    let first = FrameNumber(
      listHead: try control.load(.devices, of: device.iommu))
    if first == removed {
      try control.store(next.listHead, to: .devices, of: device.iommu)
    } else {
      var before = first
      while try platform.link(of: before) != removed {
        before = try platform.link(of: before)
      }
      try platform.setLink(next, of: before)
    }
    for index in 0..<512 as Range<UInt64> {
      let word = try platform.load(removed.address + index &* 8)
      if word != 0 {
        try platform.free(
          FrameNumber(containing: PhysicalAddress(word & Self.addressBits)),
          order: 0)
      }
    }
    try platform.free(removed, order: 0)
  }

  // MARK: Finding entries

  /// The frame of a device's PASID directory, or none.
  ///
  /// - Complexity: O(devices behind the IOMMU)
  @inlinable
  func directory(of device: Device) throws(P.Interruption) -> FrameNumber {
    var directory = FrameNumber(
      listHead: try control.load(.devices, of: device.iommu))
    while directory != .none,
      try UInt16(
        truncatingIfNeeded: platform.load(.binding, of: directory))
        != device.requester
    {
      directory = try platform.link(of: directory)
    }
    return directory
  }

  /// Where a PASID's entry is, or zero if its table is missing.
  @inlinable
  func entry(
    of pasid: PASID, in directory: FrameNumber
  ) throws(P.Interruption) -> PhysicalAddress {
    guard pasid.rawValue < Self.pasids else { return PhysicalAddress(0) }
    let table = try platform.load(
      directory.address + UInt64(pasid.rawValue &>> 6) &* 8)
    if table == 0 { return PhysicalAddress(0) }
    return PhysicalAddress(table & Self.addressBits)
      + UInt64(pasid.rawValue & 63) &* 64
  }

  @inlinable
  func hasEntry(
    for pasid: PASID, in directory: FrameNumber
  ) throws(P.Interruption) -> Bool {
    let entry = try entry(of: pasid, in: directory)
    if entry == PhysicalAddress(0) { return false }
    return try platform.load(entry) != 0
  }

  /// Where a device's context entry is; nil if its table is missing and is not
  /// to be made, or cannot be.
  ///
  /// A root table entry has two words: the context tables of the bus's lower
  /// and upper 128 functions.
  @inlinable
  func contextEntry(
    of device: Device, makesTable: Bool
  ) throws(P.Interruption) -> PhysicalAddress? {
    let requester = UInt64(device.requester)
    let slot =
      PhysicalAddress(try control.load(.deviceTable, of: device.iommu))
      + (requester &>> 7) &* 8
    var word = try platform.load(slot)
    if word == 0 {
      guard makesTable, let table = try platform.zeroedFrame() else {
        return nil
      }
      word = table.address.rawValue | Self.present
      try platform.store(word, to: slot)
    }
    return PhysicalAddress(word & Self.addressBits)
      + (requester & 127) &* 32
  }
}
