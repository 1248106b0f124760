// SPDX-License-Identifier: Apache-2.0

import FallowMachine
import Testing

@testable import Fallow

/// Each guard of the SMMUv3 driver is needed: with one left out, a device
/// reaches what is not its any more; with all, it does not.
@Suite struct SMMUv3GuardTests {
  typealias Fault = FaultySMMUv3Driver.Fault
  private typealias World = SMMUv3World<FaultySMMUv3Driver>

  private func world(
    _ fault: Fault?, repeatsInvalidations: Bool = false,
    _ change: (inout Machine.Configuration) -> Void = { _ in }
  ) -> World {
    World(repeatsInvalidations: repeatsInvalidations, change) {
      FaultySMMUv3Driver(right: $0, fault: fault)
    }
  }

  /// Unmaps what the device walked, and lets it ask again: for the page, and
  /// for its neighbours, which only a cached pointer leads to.
  private func staleUses(in world: World) -> UInt64 {
    world.share(PASID(1))
    let range = world.map(aarch64KernelAddress)
    let before = world.access(aarch64KernelAddress, PASID(1))
    guard case .reached = before else {
      Issue.record("the device reaches nothing: \(before)")
      return 0
    }
    _ = world.kernel.unmap(range)
    world.settle()
    let isStale = world.access(aarch64KernelAddress, PASID(1)) == before
    for page: UInt64 in 1..<4 {
      world.access(aarch64KernelAddress + page << 12, PASID(1))
    }
    let counted = world.machine.statistics
    return counted.staleReads + counted.staleAccesses + (isStale ? 1 : 0)
  }

  @Test(arguments: [Fault.namesASID, .dropsLeavesAlone, .trustsBroadcasts])
  func aWeakerInvalidationLeavesSomethingStale(fault: Fault) {
    #expect(staleUses(in: world(fault)) > 0)
    #expect(staleUses(in: world(nil)) == 0)
  }

  /// The driver does not listen to broadcasts even where the SMMU can.
  @Test func broadcastsAreNotReliedOn() {
    #expect(
      staleUses(in: world(.trustsBroadcasts) { $0.smmu.hasBroadcasts = true })
        > 0)
    #expect(staleUses(in: world(nil) { $0.smmu.hasBroadcasts = true }) == 0)
  }

  @Test func globalLeavesGoByASIDWhereNoRuleSparesThem() {
    #expect(
      staleUses(
        in: world(.namesASID) { $0.smmu.spaceSparesGlobalLeaves = false })
        == 0)
  }

  @Test func pointersGoWithLeavesWhereNoRuleSparesThem() {
    #expect(
      staleUses(
        in: world(.dropsLeavesAlone) { $0.smmu.leafSparesTables = false })
        == 0)
  }

  /// The erratum, and its workaround.
  @Test func whatIsInvalidatedOnceMayStay() {
    func uses(_ repeats: Bool, _ hasErratum: Bool) -> UInt64 {
      staleUses(
        in: world(nil, repeatsInvalidations: repeats) {
          $0.smmu.keepsWhatIsInvalidatedOnce = hasErratum
          $0.smmu.cachesInvalidContexts = false
        })
    }
    #expect(uses(false, true) > 0)
    #expect(uses(true, true) == 0)
    #expect(uses(false, false) == 0)
    #expect(uses(true, false) == 0)
  }

  @Test func aTableIsWalkedStaleWhereNobodyWaits() {
    func staleReads(_ fault: Fault?) -> UInt64 {
      let world = world(fault) { $0.invalidationLatency = 1_000_000_000 }
      world.share(PASID(1))
      let range = world.map(aarch64KernelAddress)
      world.access(aarch64KernelAddress, PASID(1))
      _ = world.kernel.unmap(range)
      world.settle()
      world.access(aarch64KernelAddress + 0x1000, PASID(1))
      return world.machine.statistics.staleReads
    }
    #expect(staleReads(.waitsForNothing) > 0)
    #expect(staleReads(nil) == 0)
  }

  // MARK: Contexts

  /// A device that asked too early.
  @Test func aContextThatWasNotValidIsDroppedWhenItIs() {
    func result(
      _ fault: Fault?, cachesInvalid: Bool = true
    ) -> (AccessResult, FrameNumber) {
      let world = world(fault) {
        $0.smmu.cachesInvalidContexts = cachesInvalid
      }
      let user = world.makeUser()
      let frame = world.mapUser(user, userAddress)
      world.machine.startWork(world.device, as: PASID(1))
      #expect(world.access(userAddress, PASID(1)) == .blocked)
      #expect(world.bind(user, PASID(1)) == .bound)
      return (world.access(userAddress, PASID(1)), frame)
    }
    #expect(result(.keepsInvalidContext).0 == .blocked)
    let (found, frame) = result(nil)
    #expect(found == .reached(frame.address))
    let (other, there) = result(.keepsInvalidContext, cachesInvalid: false)
    #expect(other == .reached(there.address))
  }

  /// After an unbind the PASID is another space's.
  private func reachesOldSpace(
    _ fault: Fault?,
    _ change: (inout Machine.Configuration) -> Void = { _ in }
  ) -> Bool {
    let world = world(fault, change)
    let (first, second) = (world.makeUser(), world.makeUser())
    let old = world.mapUser(first, userAddress)
    _ = world.mapUser(second, userAddress)
    _ = world.bind(first, PASID(1))
    world.access(userAddress, PASID(1))
    var reached = false
    // The device asks whenever the SMMU has done a command.
    for step: UInt64 in 1..<40 {
      world.machine.schedule(at: world.machine.now + step * 500) {
        world.access(userAddress, PASID(1))
      }
    }
    _ = world.unbind(first, PASID(1))
    _ = world.bind(second, PASID(1))
    for _ in 0..<2 {
      if world.access(userAddress, PASID(1)) == .reached(old.address) {
        reached = true
      }
    }
    return reached
  }

  @Test func aContextThatIsNotDroppedLeadsToTheOldSpace() {
    #expect(reachesOldSpace(.keepsContext))
    #expect(!reachesOldSpace(.keepsContext) { $0.smmu.cachesContexts = false })
    #expect(!reachesOldSpace(nil))
  }

  @Test func withoutOrderTheOldSpaceIsCachedAgain() {
    #expect(reachesOldSpace(.keepsNoOrder) { $0.executesOutOfOrder = true })
    #expect(!reachesOldSpace(nil) { $0.executesOutOfOrder = true })
    #expect(!reachesOldSpace(.keepsNoOrder))
  }
}
