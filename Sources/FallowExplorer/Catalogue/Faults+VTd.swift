// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// The driver that ships, but for a PASID's entry that is present before it is
/// written.
struct HastyVTd: DeviceExpelling {
  typealias Format = X86FourLevel

  let right: VTd<SteppingMachine>

  var platform: SteppingMachine { right.platform }
  var kernelHalf: VirtualRange { right.kernelHalf }

  func attach(
    _ root: FrameNumber, to device: Device, as pasid: PASID
  ) throws(Stop) -> BindOutcome {
    let layout = platform.core.layout
    let entry = platform.core.number(
      layout.frames + layout.roots + Layout.Structure.pasidTable.rawValue
    ).address
    try platform.store(1, to: entry)
    try platform.store(root.address.rawValue, to: entry + 16)
    return .bound
  }

  func detach(_ device: Device, from pasid: PASID) throws(Stop) {
    try right.detach(device, from: pasid)
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

  func isolate(_ device: Device) throws(Stop) { try right.isolate(device) }

  func remove(_ device: Device) throws(Stop) { try right.remove(device) }

  func mergesSpaces(on iommu: Int) throws(Stop) -> Bool {
    try right.mergesSpaces(on: iommu)
  }

  func submit(
    _ request: InvalidationRequest, to iommu: Int
  ) throws(Stop) {
    try right.submit(request, to: iommu)
  }

  func fence(_ iommu: Int) throws(Stop) -> UInt64 { try right.fence(iommu) }

  func wait(for ticket: UInt64, on iommu: Int) throws(Stop) -> Bool {
    try right.wait(for: ticket, on: iommu)
  }
}
