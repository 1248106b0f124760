// SPDX-License-Identifier: Apache-2.0

import FallowMachine

@testable import Fallow

typealias RISCVDriver = RISCVIOMMU<MachinePlatform, RISCVSv39>

/// Sv39 whose kernel half may have leaves for requests of user privilege, which
/// are all that a device issues where its process context lacks ENS.
enum Sv39ForDevices: RISCVPaging {
  typealias Walked = RISCVSv39

  static var levels: Int { RISCVSv39.levels }

  static func unsupportedAttributes(
    ofKernelHalf isKernel: Bool
  ) -> LeafAttributes { isKernel ? .none : .global }
}

/// A machine with RISC-V IOMMUs.
///
/// Leaves of the kernel half are for devices too, and global.
final class RISCVWorld<Driver: DeviceExpelling>:
  MachineWorld<Driver, Sv39ForDevices>
where Driver.P == MachinePlatform {
  /// The driver that ships.
  let right: RISCVDriver

  override var kernelAttributes: LeafAttributes { .kernelData | .user }

  /// `adapt` makes something else of the driver that ships.
  init(
    _ change: (inout Machine.Configuration) -> Void = { _ in },
    adapt: (RISCVDriver) -> Driver
  ) {
    var configuration = Machine.Configuration()
    configuration.architecture = .riscvSv39
    configuration.frames = 2_048
    change(&configuration)
    let machine = Machine(configuration)
    right = machine.startRISCVDriver(RISCVSv39.self)
    super.init(machine, driver: adapt(right))
  }
}

extension RISCVWorld where Driver == RISCVDriver {
  convenience init(
    _ change: (inout Machine.Configuration) -> Void = { _ in }
  ) {
    self.init(change) { $0 }
  }
}

/// An address of the kernel half.
let riscvKernelAddress: UInt64 = RISCVSv39.kernelHalf.start.rawValue + 1 << 30

/// The driver that ships, with one thing left out.
struct FaultyRISCVDriver: DeviceExpelling {
  typealias Format = RISCVSv39

  enum Fault: CaseIterable {
    /// An invalidation of the kernel half names a PSCID.
    case namesPSCID
    /// One that is for tables names an address.
    case namesAddress
    /// A process context that is cleared stays cached.
    case keepsContext
    /// Its invalidation may come after that of the translations.
    case keepsNoOrder
    /// A ticket is not waited for.
    case waitsForNothing
  }

  let right: RISCVDriver
  let fault: Fault?

  var platform: MachinePlatform { right.platform }
  var kernelHalf: VirtualRange { right.kernelHalf }

  func attach(
    _ root: FrameNumber, to device: Device, as pasid: PASID
  ) -> BindOutcome { right.attach(root, to: device, as: pasid) }

  func detach(_ device: Device, from pasid: PASID) {
    guard fault == .keepsContext || fault == .keepsNoOrder else {
      return right.detach(device, from: pasid)
    }
    guard let context = right.context(naming: pasid, of: device) else { return }
    platform.store(
      platform.load(context.valid) & ~RISCVIOMMUEntry.valid.mask,
      to: context.valid)
    if fault == .keepsNoOrder {
      right.queue.put(
        .context(of: RISCVDriver.process(of: pasid), device.requester),
        on: device.iommu)
    }
  }

  func forget(_ device: Device, as pasid: PASID) {
    right.forget(device, as: pasid)
  }

  func isAttached(_ pasid: PASID, on iommu: Int) -> Bool {
    right.isAttached(pasid, on: iommu)
  }

  func isAttached(
    _ device: Device, to root: FrameNumber, as pasid: PASID
  ) -> Bool { right.isAttached(device, to: root, as: pasid) }

  func isolate(_ device: Device) { right.isolate(device) }
  func remove(_ device: Device) { right.remove(device) }
  func mergesSpaces(on iommu: Int) -> Bool { fault != .namesPSCID }

  func submit(_ request: InvalidationRequest, to iommu: Int) {
    switch fault {
    case .namesPSCID:
      right.queue.put(
        .translations(of: RISCVDriver.tag(of: request.pasid ?? PASID(1))),
        on: iommu)
    case .namesAddress:
      let start = request.range?.start ?? VirtualAddress(riscvKernelAddress)
      right.queue.put(.leaves(of: nil, at: start), on: iommu)
      right.queue.put(
        .leaves(of: nil, at: VirtualAddress(riscvKernelAddress)), on: iommu)
    case .keepsContext, .keepsNoOrder, .waitsForNothing, nil:
      right.submit(request, to: iommu)
    }
  }

  func fence(_ iommu: Int) -> UInt64 { right.fence(iommu) }

  func wait(for ticket: UInt64, on iommu: Int) -> Bool {
    fault == .waitsForNothing || right.wait(for: ticket, on: iommu)
  }
}
