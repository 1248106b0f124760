// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Machines whose IOMMU reads memory, with the driver that ships.
extension SteppingMachine {
  /// The driver of a manual, with its IOMMU started and a device behind it that
  /// has joined and left, so that every structure is made.
  func start<Manual: IOMMUManual>(
    _ manual: Manual.Type, _ bounds: Bounds
  ) throws(Stop) -> Manual.Driver {
    core.structuresTaken = 0
    guard let driver = try manual.start(on: self, bounds) else {
      preconditionFailure("the IOMMU does not start")
    }
    let sharing = Sharing(driver: driver)
    let device = Device(iommu: 0, requester: 0)
    let number = core.layout.number(ofSpace: 0)
    let root = core.number(core.layout.frames)
    guard try sharing.bind(root, to: device, as: number) == .bound,
      try sharing.unbind(root, from: device, as: number) == .left
    else { preconditionFailure("the device does not join and leave") }
    core.structuresTaken = nil
    try share(bounds, by: sharing)
    try fillQueue(bounds, of: manual, by: driver)
    return driver
  }

  /// Lets the device share the spaces that it shares at first.
  private func share<Driver: DeviceExpelling>(
    _ bounds: Bounds, by sharing: Sharing<Driver>
  ) throws(Stop) where Driver.P == SteppingMachine {
    if bounds.startsUnshared { return }
    for space in 0..<(bounds.sharesFirstSpaceAlone ? 1 : bounds.pasids) {
      let outcome = try sharing.bind(
        core.number(core.layout.frames + space),
        to: Device(iommu: 0, requester: 0),
        as: core.layout.number(ofSpace: space))
      precondition(outcome == .bound, "the device has left")
    }
  }

  /// Fills the queue's page up to where no more room is left than the bounds
  /// say.
  private func fillQueue<Manual: IOMMUManual>(
    _ bounds: Bounds, of manual: Manual.Type, by driver: Manual.Driver
  ) throws(Stop) {
    let positions = manual.positions
    let last = Int(positions.capacity) - 1
    while Int(core.memory[.tail] >> positions.scale) < last - bounds.queueRoom {
      _ = try driver.fence(0)
    }
  }
}
