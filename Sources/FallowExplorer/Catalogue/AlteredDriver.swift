// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// What is done in another way than the driver that ships does it.
protocol DriverAlteration<Right>: BitwiseCopyable, Sendable {
  /// The driver that ships.
  associatedtype Right: DeviceExpelling where Right.P == SteppingMachine

  func attach(
    _ root: FrameNumber, to device: Device, as pasid: PASID, by right: Right
  ) throws(Stop) -> BindOutcome

  func detach(
    _ device: Device, from pasid: PASID, by right: Right
  ) throws(Stop)

  func submit(
    _ request: InvalidationRequest, to iommu: Int, by right: Right
  ) throws(Stop)

  func fence(_ iommu: Int, by right: Right) throws(Stop) -> UInt64

  func wait(
    for ticket: UInt64, on iommu: Int, by right: Right
  ) throws(Stop) -> Bool

  func isolate(_ device: Device, by right: Right) throws(Stop)
}

/// As the driver that ships does it.
extension DriverAlteration {
  func attach(
    _ root: FrameNumber, to device: Device, as pasid: PASID, by right: Right
  ) throws(Stop) -> BindOutcome {
    try right.attach(root, to: device, as: pasid)
  }

  func detach(
    _ device: Device, from pasid: PASID, by right: Right
  ) throws(Stop) { try right.detach(device, from: pasid) }

  func submit(
    _ request: InvalidationRequest, to iommu: Int, by right: Right
  ) throws(Stop) { try right.submit(request, to: iommu) }

  func wait(
    for ticket: UInt64, on iommu: Int, by right: Right
  ) throws(Stop) -> Bool { try right.wait(for: ticket, on: iommu) }

  func fence(_ iommu: Int, by right: Right) throws(Stop) -> UInt64 {
    try right.fence(iommu)
  }

  func isolate(_ device: Device, by right: Right) throws(Stop) {
    try right.isolate(device)
  }
}

/// A driver that ships, but for what is done in another way.
struct AlteredDriver<Alteration: DriverAlteration>: DeviceExpelling {
  typealias Right = Alteration.Right
  typealias Format = Right.Format

  let right: Right
  let alteration: Alteration

  var platform: SteppingMachine { right.platform }
  var kernelHalf: VirtualRange { right.kernelHalf }
  var walksKernelHalf: Bool { right.walksKernelHalf }

  func attach(
    _ root: FrameNumber, to device: Device, as pasid: PASID
  ) throws(Stop) -> BindOutcome {
    try alteration.attach(root, to: device, as: pasid, by: right)
  }

  func detach(_ device: Device, from pasid: PASID) throws(Stop) {
    try alteration.detach(device, from: pasid, by: right)
  }

  func submit(
    _ request: InvalidationRequest, to iommu: Int
  ) throws(Stop) { try alteration.submit(request, to: iommu, by: right) }

  func wait(for ticket: UInt64, on iommu: Int) throws(Stop) -> Bool {
    try alteration.wait(for: ticket, on: iommu, by: right)
  }

  func fence(_ iommu: Int) throws(Stop) -> UInt64 {
    try alteration.fence(iommu, by: right)
  }

  func isolate(_ device: Device) throws(Stop) {
    try alteration.isolate(device, by: right)
  }

  // MARK: As it ships

  func dropAbsence(of device: Device, as pasid: PASID) throws(Stop) -> UInt64? {
    try right.dropAbsence(of: device, as: pasid)
  }

  func forget(_ device: Device, as pasid: PASID) throws(Stop) {
    try right.forget(device, as: pasid)
  }

  func isAttached(_ pasid: PASID, on iommu: Int) throws(Stop) -> Bool {
    try right.isAttached(pasid, on: iommu)
  }

  func isAttached(
    _ device: Device, to root: FrameNumber, as pasid: PASID
  ) throws(Stop) -> Bool {
    try right.isAttached(device, to: root, as: pasid)
  }

  func abandon(_ iommu: Int) throws(Stop) { try right.abandon(iommu) }

  func remove(_ device: Device) throws(Stop) { try right.remove(device) }

  func mergesSpaces(on iommu: Int) throws(Stop) -> Bool {
    try right.mergesSpaces(on: iommu)
  }
}

extension SteppingMachine {
  /// Where the first entry of a space is in the table that leads to spaces.
  var firstEntry: PhysicalAddress {
    core.number(core.layout.entryFrame).address
  }
}
