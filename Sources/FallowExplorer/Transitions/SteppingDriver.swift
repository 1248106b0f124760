// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// Speaks to the IOMMUs of a stepping machine.
public struct SteppingDriver: DeviceExpelling {
  /// Tables of a few entries; how many levels, the machine says.
  public typealias Format = TinyFormat<TwoByTwo>

  /// The machine.
  public let platform: SteppingMachine

  /// What the driver does wrong, if anything.
  public let fault: DriverFault

  /// The addresses that an invalidation of the kernel half is for, if not all.
  private let invalidated: VirtualRange?

  init(
    platform: SteppingMachine, fault: DriverFault = .none,
    invalidated: VirtualRange? = nil
  ) {
    self.platform = platform
    self.fault = fault
    self.invalidated = invalidated
  }

  /// The same for invalidations of some addresses alone.
  func invalidating(_ range: VirtualRange) -> SteppingDriver {
    SteppingDriver(platform: platform, fault: fault, invalidated: range)
  }

  /// All addresses of the tiny format, or those of an invalidation.
  public var kernelHalf: VirtualRange {
    if let invalidated { return invalidated }
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

  /// Two shared accesses: the entry is no more present; and the IOMMU
  /// gets a command to read it anew.
  public func detach(
    _ device: Device, from pasid: PASID
  ) throws(Stop) {
    try setPresent(pasid, false, .detach, on: device)
    if fault == .keepsEntry { return }
    try put(
      QueueDescriptor(.pasidEntry, pasid: Int(pasid.rawValue)), .submitEntry,
      device.iommu)
  }

  private func setPresent(
    _ pasid: PASID, _ isPresent: Bool, _ access: Access, on device: Device
  ) throws(Stop) {
    let machine = platform
    let number = Int(pasid.rawValue)
    try machine.core.check(iommu: device.iommu, pasid: number)
    let answer =
      try isPresent
      ? machine.core.beginDealing(access, with: device.iommu, number)
      : machine.core.begin(
        access, device.iommu, number, mover: machine.core.moverOfLeaving)
    if answer != nil { return }
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
    if try machine.core.beginDealing(access, with: iommu) != nil { return }
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
  /// reaches nothing any more; and the IOMMU gets a command to forget
  /// everything.
  public func isolate(_ device: Device) throws(Stop) {
    let machine = platform
    let iommu = device.iommu
    try machine.core.check(iommu: iommu)
    if try machine.core.begin(.isolate, iommu) == nil {
      machine.core.noteUnguarded()
      machine.core.meetLast(iommu)
      machine.core.isolate(iommu, keepsDeviceTLB: fault == .keepsDeviceTLB)
      try machine.core.end(.isolate, iommu, 0, 0)
    }
    if fault != .keepsCaches {
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
    try machine.core.check(iommu: iommu, pasid: pasid)
    if try machine.core.beginDealing(.submit, with: iommu, pasid) != nil {
      return
    }
    if machine.core.forbidsIdleInvalidation && !machine.core.hasQuarantined {
      throw machine.core.fail(.idleInvalidation)
    }
    machine.core.meet(iommu)
    var pages = machine.core.layout.pages(in: request.range ?? kernelHalf)
    switch fault {
    case .onePage: pages = pages.prefix(1)
    case .upperPart: pages = pages.dropFirst(pages.count / 2)
    default: break
    }
    let leavesOnly = request.leavesOnly || fault == .leavesOnly
    let device = QueueDescriptor(.deviceRange, pasid: pasid, pages: pages)
    let isLeftOut =
      fault == .firstIOMMU && iommu > 0 || fault == .firstPASID && pasid > 0
      || fault == .silent
    let hasDevice = machine.core.layout.hasDeviceTLBs && !isLeftOut
    if hasDevice && fault == .deviceFirst {
      try machine.core.append(device, to: iommu)
    }
    if !isLeftOut {
      try machine.core.append(
        QueueDescriptor(
          fault == .otherStage
            ? .otherStage : request.range == nil ? .pasid : .range,
          pasid: pasid, pages: pages, leavesOnly: leavesOnly), to: iommu)
    }
    if hasDevice && fault != .deviceFirst && fault != .noDevice {
      try machine.core.append(device, to: iommu)
    }
    machine.core.advance(iommu)
    try machine.core.end(.submit, iommu, pasid, 0)
  }

  /// A shared access; as good earlier or later under the lock of the queue,
  /// unless a failure may go unreported: an IOMMU that carries out what was
  /// queued before does not notice what is queued behind it.
  public func fence(_ iommu: Int) throws(Stop) -> UInt64 {
    let machine = platform
    try machine.core.check(iommu: iommu)
    if let ticket = try machine.core.begin(
      .fence, iommu,
      mover: machine.core.forgetsFailures
        ? nil : machine.core.unlessEndings(.both))
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
    } else if fault != .noWait {
      machine.core.setTicket(.pending, ticket, on: iommu)
      try machine.core.append(QueueDescriptor(.wait, ticket: ticket), to: iommu)
      machine.core.setUndrained(iommu, false)
    }
    return try machine.core.end(.fence, iommu, 0, UInt64(ticket))
  }

  /// A shared access that blocks until the ticket is reached; as good later,
  /// since walkers that still use what was dropped could use it longer.
  public func wait(for ticket: UInt64, on iommu: Int) throws(Stop) -> Bool {
    if fault == .noWait { return true }
    let machine = platform
    let number = Int(truncatingIfNeeded: ticket)
    try machine.core.check(iommu: iommu)
    guard (0..<Core.ticketCount).contains(number) else {
      throw machine.core.fail(.outOfBounds)
    }
    if let answer = try machine.core.begin(
      .wait, iommu, number,
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
    case .failed: isDone = fault == .failureIsSuccess
    }
    machine.core.setTicket(.unused, number, on: iommu)
    return try machine.core.end(.wait, iommu, number, isDone ? 1 : 0) != 0
  }
}

extension Core {
  /// Ends the search at an IOMMU or a space that the machine does not have.
  mutating func check(iommu: Int, pasid: Int = 0) throws(Stop) {
    guard (0..<layout.iommus).contains(iommu),
      (0..<layout.roots).contains(pasid)
    else { throw fail(.outOfBounds) }
  }

  /// Answers from the log an access that puts something in the queue of an
  /// IOMMU or lets a device walk, or makes room for a new one and returns nil.
  mutating func beginDealing(
    _ kind: Access, with iommu: Int, _ detail: Int = 0
  ) throws(Stop) -> UInt64? {
    if let result = try answer(kind, iommu, detail) { return result }
    try beginNew(
      kind, iommu, detail, isShared: true, mover: moverOfDealing(with: iommu))
    return nil
  }
}

/// What a scheme of one's own asks of the devices.
extension Sharing where Driver == SteppingDriver {
  /// Has every walker forget what it cached of a range of the kernel half.
  ///
  /// - Parameter range: The virtual addresses; none of them if it is empty.
  /// - Returns: Whether all have; if not, an IOMMU did not answer.
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func invalidate(_ range: VirtualRange) throws(Stop) -> Bool {
    try Sharing(driver: driver.invalidating(range)).invalidateKernelHalf()
  }

  /// Has every walker forget the kernel half.
  ///
  /// - Returns: Whether all have; if not, an IOMMU did not answer.
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func invalidateKernelHalf() throws(Stop) -> Bool {
    try invalidate().isEmpty
  }
}
