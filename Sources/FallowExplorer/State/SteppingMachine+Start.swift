// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Machines whose IOMMU reads memory, with the driver that ships.
extension SteppingMachine {
  /// The driver of VT-d, with its IOMMU started and a device behind it that
  /// has joined and left, so that every structure is made.
  func startVTd(_ bounds: Bounds) throws(Stop) -> VTd<SteppingMachine> {
    core.structuresTaken = 0
    guard let driver = try VTd.make(on: self),
      try driver.start(0) == .started,
      try driver.add(
        Device(iommu: 0, requester: 0),
        tlb: core.layout.hasDeviceTLBs ? DeviceTLB() : nil) == .added
    else { preconditionFailure("the IOMMU does not start") }
    try prepare(
      driver, bounds, binding: 1, commandSize: VTdDescriptor.size, scale: 1)
    return driver
  }

  /// The same of the RISC-V IOMMU.
  func startRISCV(
    _ bounds: Bounds
  ) throws(Stop) -> RISCVIOMMU<SteppingMachine, RISCVSv39> {
    core.structuresTaken = 0
    guard
      let driver = try RISCVIOMMU<SteppingMachine, RISCVSv39>.make(on: self),
      try driver.start(0) == .started,
      try driver.add(Device(iommu: 0, requester: 0)) == .added
    else { preconditionFailure("the IOMMU does not start") }
    let size = RISCVIOMMUCommand.size
    try prepare(
      driver, bounds, binding: bounds.pasids, commandSize: size, scale: size)
    return driver
  }

  /// Has the device join and leave, and join so many spaces if it is bound at
  /// first; and fills the queue's page up to where so little room is left.
  private func prepare<Driver: DeviceExpelling>(
    _ driver: Driver, _ bounds: Bounds, binding spaces: Int,
    commandSize: UInt64, scale: UInt64
  ) throws(Stop) where Driver.P == SteppingMachine {
    let sharing = Sharing(driver: driver)
    let root = core.number(core.layout.frames)
    let device = Device(iommu: 0, requester: 0)
    let number = core.layout.number(ofSpace: 0)
    guard try sharing.bind(root, to: device, as: number) == .bound,
      try sharing.unbind(root, from: device, as: number) == .left
    else { preconditionFailure("the device does not join and leave") }
    core.structuresTaken = nil
    for space in 0..<(bounds.startsUnshared ? 0 : spaces) {
      let outcome = try sharing.bind(
        core.number(core.layout.frames + space), to: device,
        as: core.layout.number(ofSpace: space))
      precondition(outcome == .bound, "the device has left")
    }
    let last = Int(FrameNumber.size / commandSize) - 1
    while Int(core.cells[core.layout.queueTail] * scale / commandSize)
      < last - bounds.queueRoom
    { _ = try driver.fence(0) }
  }
}
