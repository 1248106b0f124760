// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// What is done wrong beside the driver of VT-d.
enum VTdFault: DriverAlteration {
  typealias Right = VTd<SteppingMachine>

  /// A PASID's entry is present before it is written.
  case presentFirst

  func attach(
    _ root: FrameNumber, to device: Device, as pasid: PASID, by right: Right
  ) throws(Stop) -> BindOutcome {
    let machine = right.platform
    try machine.store(1, to: machine.firstEntry)
    try machine.store(root.address.rawValue, to: machine.firstEntry + 16)
    return .bound
  }
}

/// What is done wrong beside the driver of the RISC-V IOMMU.
enum RISCVFault: DriverAlteration {
  typealias Right = RISCVIOMMU<SteppingMachine, RISCVSv39>

  /// Nothing.
  case none
  /// The space is named, which spares its global leaves.
  case namesSpace
  /// Pages are named, which spares tables.
  case namesPages
  /// A context is valid before its root is written.
  case validFirst
  /// A context's root is cleared while it is valid.
  case clearsRootFirst
  /// No command drops the context of the device that leaves.
  case keepsContext
  /// Translations are dropped before the context that leads to them.
  case translationsFirst
  /// A fence is not waited for.
  case noWait
  /// A queue that has stopped is taken for one that is done.
  case ignoresErrors
  /// The queue's base is written while the queue is being switched off.
  case movesQueue
  /// The queue is switched on while it is being switched off.
  case switchesAtOnce

  func attach(
    _ root: FrameNumber, to device: Device, as pasid: PASID, by right: Right
  ) throws(Stop) -> BindOutcome {
    guard self == .validFirst else {
      return try right.attach(root, to: device, as: pasid)
    }
    let machine = right.platform
    try machine.store(1, to: machine.firstEntry)
    try machine.store(
      RISCVIOMMUEntry.Root.mode(8) | root.rawValue, to: machine.firstEntry + 8)
    return .bound
  }

  func detach(
    _ device: Device, from pasid: PASID, by right: Right
  ) throws(Stop) {
    let machine = right.platform
    switch self {
    case .keepsContext:
      let word = try machine.load(machine.firstEntry)
      return try machine.store(word & ~1, to: machine.firstEntry)
    case .clearsRootFirst:
      try machine.store(0, to: machine.firstEntry + 8)
    case .translationsFirst:
      try right.submit(
        InvalidationRequest(pasid: pasid, range: nil), to: device.iommu)
    case .none, .namesSpace, .namesPages, .validFirst, .noWait,
      .ignoresErrors, .movesQueue, .switchesAtOnce:
      break
    }
    try right.detach(device, from: pasid)
  }

  func submit(
    _ request: InvalidationRequest, to iommu: Int, by right: Right
  ) throws(Stop) {
    var changed = request
    switch self {
    case .namesSpace:
      changed.pasid = request.pasid ?? .without(tag: 0)
      changed.range = RISCVSv39.userHalf
    case .namesPages:
      changed.pasid = request.pasid ?? .without(tag: 0)
      changed.range = VirtualRange(
        start: RISCVSv39.kernelHalf.start, size: 4 * FrameNumber.size)
      changed.leavesOnly = true
    // That of a device that leaves came before its context's.
    case .translationsFirst: if request.range == nil { return }
    case .none, .validFirst, .clearsRootFirst, .keepsContext, .noWait,
      .ignoresErrors, .movesQueue, .switchesAtOnce:
      break
    }
    try right.submit(changed, to: iommu)
  }

  func wait(
    for ticket: UInt64, on iommu: Int, by right: Right
  ) throws(Stop) -> Bool {
    if self == .noWait { return true }
    let isDone = try right.wait(for: ticket, on: iommu)
    return isDone || self == .ignoresErrors
  }

  func isolate(_ device: Device, by right: Right) throws(Stop) {
    typealias Register = RISCVIOMMURegister
    let machine = right.platform
    let control = Register.queueControl.of(device.iommu)
    switch self {
    case .movesQueue:
      try machine.store(0, to: control)
      try machine.store(0, to: Register.queueBase.of(device.iommu))
    case .switchesAtOnce:
      try machine.store(0, to: control)
      try machine.store(Register.Queue.enable(1), to: control)
    case .none, .namesSpace, .namesPages, .validFirst, .clearsRootFirst,
      .keepsContext, .translationsFirst, .noWait, .ignoresErrors:
      break
    }
    try right.isolate(device)
  }
}
