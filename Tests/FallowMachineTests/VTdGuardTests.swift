// SPDX-License-Identifier: Apache-2.0

import FallowMachine
import Testing

@testable import Fallow

/// Each guard of the VT-d driver's unbind is needed: with one left out, a
/// device reaches the space that had its PASID before.
@Suite struct VTdGuardTests {
  /// The driver that ships, with one thing left out.
  struct FaultyVTd: DeviceExpelling {
    typealias Format = X86FourLevel

    enum Fault {
      /// An entry that is cleared stays cached.
      case keepsEntry
      /// Its invalidation may come after that of the translations.
      case keepsNoOrder
    }

    let right: VTd<MachinePlatform>
    let fault: Fault?

    var platform: MachinePlatform { right.platform }
    var kernelHalf: VirtualRange { right.kernelHalf }

    func attach(
      _ root: FrameNumber, to device: Device, as pasid: PASID
    ) -> BindOutcome { right.attach(root, to: device, as: pasid) }

    func detach(_ device: Device, from pasid: PASID) {
      guard let fault else { return right.detach(device, from: pasid) }
      let space = VTdSpace(pasid)
      guard let entry = right.entry(naming: space, of: device) else { return }
      platform.store(
        platform.load(entry) & ~VTdEntry.present.mask, to: entry)
      if fault == .keepsNoOrder {
        right.queue.put(.entry(of: space), on: device.iommu)
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
    func mergesSpaces(on iommu: Int) -> Bool {
      right.mergesSpaces(on: iommu)
    }

    func submit(_ request: InvalidationRequest, to iommu: Int) {
      right.submit(request, to: iommu)
    }

    func fence(_ iommu: Int) -> UInt64 { right.fence(iommu) }
    func wait(for ticket: UInt64, on iommu: Int) -> Bool {
      right.wait(for: ticket, on: iommu)
    }
  }

  private func reachesOldSpace(
    _ fault: FaultyVTd.Fault?, outOfOrder: Bool
  ) -> Bool {
    let world = World { $0.executesOutOfOrder = outOfOrder }
    let scheme = Reclaimer(
      sharing: Sharing(
        driver: FaultyVTd(right: world.machine.driver, fault: fault)))
    let (first, second) = (world.makeUser(), world.makeUser())
    let old = world.mapUser(first, userAddress)
    _ = world.mapUser(second, userAddress)
    let device = world.machine.device(0)
    world.machine.startWork(device, as: PASID(1))
    let bound = scheme.bind(first.root, to: device, as: PASID(1))
    precondition(bound == .bound)
    world.access(userAddress)
    // The device asks whenever the IOMMU has done a command.
    for step: UInt64 in 1..<40 {
      world.machine.schedule(at: world.machine.now + step * 500) {
        world.access(userAddress)
      }
    }
    let left = scheme.unbind(first.root, from: device, as: PASID(1))
    precondition(left == .left)
    _ = scheme.bind(second.root, to: device, as: PASID(1))
    return world.access(userAddress) == .reached(old.address)
  }

  @Test func anEntryThatIsNotDroppedLeadsToTheOldSpace() {
    #expect(reachesOldSpace(.keepsEntry, outOfOrder: false))
    #expect(!reachesOldSpace(nil, outOfOrder: false))
  }

  @Test func withoutOrderTheOldSpaceIsCachedAgain() {
    #expect(reachesOldSpace(.keepsNoOrder, outOfOrder: true))
    #expect(!reachesOldSpace(nil, outOfOrder: true))
    #expect(!reachesOldSpace(.keepsNoOrder, outOfOrder: false))
  }
}
