// SPDX-License-Identifier: Apache-2.0

import FallowMachine

@testable import Fallow

typealias SMMUv3Driver = SMMUv3<MachinePlatform>

/// A machine with SMMUv3s.
final class SMMUv3World<Driver: DeviceExpelling>:
  MachineWorld<Driver, AArch64FourKiB>
where Driver.P == MachinePlatform {
  /// The driver that ships.
  let right: SMMUv3Driver

  /// `adapt` makes something else of the driver that ships.
  init(
    walksKernelHalf: Bool = true, repeatsInvalidations: Bool = false,
    _ change: (inout Machine.Configuration) -> Void = { _ in },
    adapt: (SMMUv3Driver) -> Driver
  ) {
    var configuration = Machine.Configuration()
    configuration.architecture = .aarch64
    configuration.frames = 2_048
    change(&configuration)
    let machine = Machine(configuration)
    right = machine.startSMMUv3Driver(
      walksKernelHalf: walksKernelHalf,
      repeatsInvalidations: repeatsInvalidations)
    super.init(machine, driver: adapt(right))
  }
}

extension SMMUv3World where Driver == SMMUv3Driver {
  convenience init(
    walksKernelHalf: Bool = true, repeatsInvalidations: Bool = false,
    _ change: (inout Machine.Configuration) -> Void = { _ in }
  ) {
    self.init(
      walksKernelHalf: walksKernelHalf,
      repeatsInvalidations: repeatsInvalidations, change
    ) { $0 }
  }
}

/// An address of AArch64's kernel half.
let aarch64KernelAddress: UInt64 =
  AArch64FourKiB.kernelHalf.start.rawValue + 1 << 30

/// The driver that ships, with one thing left out.
struct FaultySMMUv3Driver: DeviceExpelling {
  typealias Format = AArch64FourKiB

  enum Fault: CaseIterable {
    /// An invalidation of the kernel half names an ASID.
    case namesASID
    /// One that is for tables drops leaves alone.
    case dropsLeavesAlone
    /// A context that becomes valid is not dropped.
    case keepsInvalidContext
    /// A context that is cleared is not dropped.
    case keepsContext
    /// Its invalidation may come after that of the translations.
    case keepsNoOrder
    /// A ticket is not waited for.
    case waitsForNothing
    /// The SMMU is sent nothing: it is taken to hear the CPUs' invalidations.
    case trustsBroadcasts
  }

  let right: SMMUv3Driver
  let fault: Fault?

  var platform: MachinePlatform { right.platform }
  var kernelHalf: VirtualRange { right.kernelHalf }
  var walksKernelHalf: Bool { right.walksKernelHalf }

  /// Puts another command in the place of the one that so many were put into
  /// the queue after.
  private func replace(_ later: UInt64, by command: SMMUv3Command) {
    let tail = right.control.load(.tail, of: 0)
    right.queue.write(command, at: tail - 1 - later, 0)
  }

  func attach(
    _ root: FrameNumber, to device: Device, as pasid: PASID
  ) -> BindOutcome {
    right.attach(root, to: device, as: pasid)
  }

  func dropAbsence(of device: Device, as pasid: PASID) -> UInt64? {
    fault == .keepsInvalidContext
      ? nil : right.dropAbsence(of: device, as: pasid)
  }

  func detach(_ device: Device, from pasid: PASID) {
    right.detach(device, from: pasid)
    switch fault {
    case .keepsContext: replace(1, by: .sync)
    case .keepsNoOrder:
      replace(
        0,
        by: .context(
          SMMUv3Driver.substream(of: pasid), of: device.requester))
    default: break
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

  func mergesSpaces(on iommu: Int) -> Bool { right.mergesSpaces(on: iommu) }

  func submit(_ request: InvalidationRequest, to iommu: Int) {
    let tag = request.pasid.map { right.traits(of: iommu).tag(of: $0) } ?? 0
    switch fault {
    case .namesASID:
      right.queue.put(.translations(of: tag), on: iommu)
    case .dropsLeavesAlone:
      right.queue.put(
        .translations(
          of: nil, at: VirtualAddress(aarch64KernelAddress), leavesOnly: true),
        on: iommu)
    case .trustsBroadcasts: break
    default: right.submit(request, to: iommu)
    }
  }

  func fence(_ iommu: Int) -> UInt64 { right.fence(iommu) }

  func wait(for ticket: UInt64, on iommu: Int) -> Bool {
    fault == .waitsForNothing ? true : right.wait(for: ticket, on: iommu)
  }

  func isolate(_ device: Device) { right.isolate(device) }
  func remove(_ device: Device) { right.remove(device) }
  func abandon(_ iommu: Int) { right.abandon(iommu) }
}
