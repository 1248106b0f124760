public import Fallow

/// Speaks to the IOMMUs of a stepping machine.
public struct SteppingDriver: DeviceExpelling {
  /// Tables of a few entries; how many levels, the machine says.
  public typealias Format = TinyFormat<TwoByTwo>

  /// The machine.
  public let platform: SteppingMachine

  /// What the driver does wrong, if anything.
  public let manner: Manner

  /// Ways to drive an IOMMU.
  public enum Manner: UInt8, BitwiseCopyable, Sendable {
    /// As the hardware demands.
    case right
    /// Speaks to the cache of the other stage.
    case otherStage
    /// Says that only leaves changed.
    case leavesOnly
    /// Names the first page only.
    case onePage
    /// Starts in the middle of the half.
    case upperPart
    /// Empties the device's TLB before the IOTLB.
    case deviceFirst
    /// Leaves the device's TLB as it is.
    case noDevice
    /// Does not wait.
    case noWait
    /// Takes a failed wait for a completed one.
    case failureIsSuccess
    /// Leaves out all IOMMUs but the first.
    case firstIOMMU
    /// Leaves out all PASIDs but the first.
    case firstPASID
    /// Submits nothing.
    case silent
    /// Does not have the PASID cache forget an entry that went.
    case keepsEntry
    /// Expels a device without having its IOMMU forget.
    case keepsCaches
    /// Lets a device come back from a reset with what it had cached.
    case keepsDeviceTLB
  }

  init(platform: SteppingMachine, manner: Manner = .right) {
    self.platform = platform
    self.manner = manner
  }

  /// All addresses of the tiny format.
  public var kernelHalf: VirtualRange {
    let layout = platform.core.layout
    var pages = 1 as UInt64
    for _ in 0..<layout.levels { pages *= UInt64(layout.entriesPerTable) }
    return VirtualRange(
      start: VirtualAddress(0), size: pages << FrameNumber.shift)
  }

  /// A shared access: the PASID goes live.
  public func attach(
    _ root: FrameNumber, to device: Device, as pasid: PASID
  ) throws(Stop) -> BindOutcome {
    try setPresent(pasid, true, .attach, on: device)
    return .bound
  }

  /// Two shared accesses: the entry is no more present; and the IOMMU is told
  /// to read it anew.
  public func detach(
    _ device: Device, from pasid: PASID
  ) throws(Stop) {
    try setPresent(pasid, false, .detach, on: device)
    if manner == .keepsEntry { return }
    try put(
      QueueDescriptor(.pasidEntry, pasid: Int(pasid.rawValue)), .submitEntry,
      device.iommu)
  }

  private func setPresent(
    _ pasid: PASID, _ isPresent: Bool, _ access: Access, on device: Device
  ) throws(Stop) {
    let machine = platform
    let number = Int(pasid.rawValue)
    let mover =
      isPresent
      ? machine.core.moverOfDealing(with: device.iommu)
      : machine.core.moverOfLeaving
    if try machine.core.begin(
      access, device.iommu, number, isShared: true, mover: mover) != nil
    {
      return
    }
    if isPresent { machine.core.meet(device.iommu) }
    machine.core.setPresent(number, on: device.iommu, isPresent)
    machine.core.treeChanged = true
    try machine.core.end(access, device.iommu, number, 0)
  }

  /// A shared access.
  private func put(
    _ descriptor: QueueDescriptor, _ access: Access, _ iommu: Int
  ) throws(Stop) {
    let machine = platform
    if try machine.core.begin(
      access, iommu, isShared: true,
      mover: machine.core.moverOfDealing(with: iommu)) != nil
    {
      return
    }
    machine.core.meet(iommu)
    try machine.core.append(descriptor, to: iommu)
    machine.core.advance(iommu)
    try machine.core.end(access, iommu, 0, 0)
  }

  /// Nothing: a PASID that is not live is free.
  public func forget(_ device: Device, as pasid: PASID) throws(Stop) {}

  /// A device that left is forgotten at once here.
  public func isAttached(
    _ pasid: PASID, on iommu: Int
  ) throws(Stop) -> Bool { false }

  /// True: the descriptor of the root says what is bound.
  public func isAttached(
    _ device: Device, to root: FrameNumber, as pasid: PASID
  ) throws(Stop) -> Bool { true }

  /// Two shared accesses: the device, which is the only one behind its IOMMU,
  /// reaches nothing any more; and the IOMMU is told to forget everything.
  public func isolate(_ device: Device) throws(Stop) {
    let machine = platform
    let iommu = device.iommu
    if try machine.core.begin(.isolate, iommu, isShared: true) == nil {
      machine.core.noteUnguarded()
      machine.core.meetLast(iommu)
      machine.core.isolate(iommu, keepsDeviceTLB: manner == .keepsDeviceTLB)
      try machine.core.end(.isolate, iommu, 0, 0)
    }
    if manner != .keepsCaches {
      try put(QueueDescriptor(.everything), .submit, iommu)
    }
  }

  /// Nothing: an isolated device has no PASID.
  public func remove(_ device: Device) throws(Stop) {}

  /// No: each space is named.
  public func mergesSpaces(on iommu: Int) throws(Stop) -> Bool { false }

  /// A shared access: the descriptors go into the queue together.
  public func submit(
    _ request: InvalidationRequest, to iommu: Int
  ) throws(Stop) {
    let machine = platform
    // Requests are never merged here: each names its space.
    let pasid = Int(request.pasid?.rawValue ?? 0)
    if try machine.core.begin(
      .submit, iommu, pasid, isShared: true,
      mover: machine.core.moverOfDealing(with: iommu)) != nil
    {
      return
    }
    if machine.core.forbidsIdleInvalidation && !machine.core.hasQuarantined {
      throw machine.core.fail(.idleInvalidation)
    }
    machine.core.meet(iommu)
    let range = request.range ?? kernelHalf
    var first = Int(range.start.rawValue >> FrameNumber.shift)
    var count = Int(range.size >> FrameNumber.shift)
    switch manner {
    case .onePage: count = 1
    case .upperPart:
      first += count / 2
      count -= count / 2
    default: break
    }
    let pages = first..<(first + count)
    let leavesOnly = request.leavesOnly || manner == .leavesOnly
    let device = QueueDescriptor(.deviceRange, pasid: pasid, pages: pages)
    let isLeftOut =
      manner == .firstIOMMU && iommu > 0 || manner == .firstPASID && pasid > 0
      || manner == .silent
    let hasDevice = machine.core.layout.hasDeviceTLBs && !isLeftOut
    if hasDevice && manner == .deviceFirst {
      try machine.core.append(device, to: iommu)
    }
    if !isLeftOut {
      try machine.core.append(
        QueueDescriptor(
          manner == .otherStage
            ? .otherStage : request.range == nil ? .pasid : .range,
          pasid: pasid, pages: pages, leavesOnly: leavesOnly), to: iommu)
    }
    if hasDevice && manner != .deviceFirst && manner != .noDevice {
      try machine.core.append(device, to: iommu)
    }
    machine.core.advance(iommu)
    try machine.core.end(.submit, iommu, pasid, 0)
  }

  /// A private access, unless a failure may go unreported.
  ///
  /// An IOMMU that carries out what was queued before does not notice what is
  /// queued behind it.
  public func fence(_ iommu: Int) throws(Stop) -> UInt64 {
    let machine = platform
    if let ticket = try machine.core.begin(
      .fence, iommu, isShared: machine.core.forgetsFailures)
    {
      return ticket
    }
    machine.core.noteUnguarded()
    if machine.core.forgetsFailures { machine.core.meet(iommu) }
    guard let ticket = machine.core.firstUnusedTicket(on: iommu) else {
      throw machine.core.stop(.blocked)
    }
    if machine.core.takeVoid(iommu) {
      machine.core.setTicket(.failed, ticket, on: iommu)
    } else if manner != .noWait {
      machine.core.setTicket(.pending, ticket, on: iommu)
      try machine.core.append(QueueDescriptor(.wait, ticket: ticket), to: iommu)
      machine.core.setUndrained(iommu, false)
    }
    return try machine.core.end(.fence, iommu, 0, UInt64(ticket))
  }

  /// A shared access that blocks until the ticket is reached; as good later,
  /// since walkers that still use what was dropped could use it longer.
  public func wait(for ticket: UInt64, on iommu: Int) throws(Stop) -> Bool {
    if manner == .noWait { return true }
    let machine = platform
    let number = Int(ticket)
    if let answer = try machine.core.begin(
      .wait, iommu, number, isShared: true,
      mover: machine.core.moverOfWaiting)
    {
      return answer != 0
    }
    try machine.core.sleep()
    if machine.core.mergesQueues,
      machine.core.ticket(number, on: iommu) == .pending
    {
      machine.core.answer(number, on: iommu)
    }
    let isDone: Bool
    switch machine.core.ticket(number, on: iommu) {
    case .pending, .unused: throw machine.core.stop(.blocked)
    case .done: isDone = true
    case .failed: isDone = manner == .failureIsSuccess
    }
    machine.core.setTicket(.unused, number, on: iommu)
    return try machine.core.end(.wait, iommu, number, isDone ? 1 : 0) != 0
  }
}

extension Sharing where Driver == SteppingDriver {
  /// Tells every walker to forget the kernel half; false if one did not.
  public func invalidateKernelHalf() throws(Stop) -> Bool {
    try invalidate().isEmpty
  }
}
