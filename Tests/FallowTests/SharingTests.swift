// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// Which IOMMU is asked, which is not, and what waits: on threads' memory, with
/// IOMMUs that only record.
@Suite struct SharingTests {
  private typealias Scheme = HostedMachine.SpyScheme

  private func scheme(
    _ machine: HostedMachine, window: UInt64 = 0, limit: UInt64 = .max
  ) -> Scheme {
    Scheme(sharing: machine.scheme.sharing, window: window, limit: limit)
  }

  private func kernel(
    _ machine: HostedMachine, _ scheme: Scheme
  ) throws -> HostedMachine.SpySpace {
    guard let space = HostedMachine.SpySpace.make(scheme: scheme)
    else { throw OutOfFrames() }
    return space
  }

  private func quarantined(_ machine: HostedMachine) -> UInt64 {
    TableAccounts(of: machine.kernel).quarantined
  }

  private func page(_ gib: Int) -> VirtualRange {
    range(kernelAddress(gib: gib), pageSize)
  }

  /// 1 table of level 1 and 1 of level 2 for each round.
  @Test func theBoundIsHeldByWhatMaySleep() throws {
    try HostedMachine.run(frames: 2048) { machine in
      let space = try kernel(
        machine, scheme(machine, window: 1_000_000_000, limit: 64))
      let user = try #require(HostedMachine.SpyUserSpace.make(copying: space))
      user.share(
        Binding(pasid: PASID(1), iommus: IOMMUSet(first: 1), devices: 1))
      var most: UInt64 = 0
      // The worker never runs by itself.
      for gib in 0..<400 {
        _ = space.map(
          page(gib), to: PhysicalAddress(0), attributes: .kernelData)
        _ = space.unmap(page(gib))
        most = max(most, quarantined(machine))
      }
      #expect(most >= 64)
      #expect(most <= 64 + 2)
      #expect(machine.accountsMismatch() == nil)
    }
  }

  /// Nobody shares any more, but the worker is on its way.
  @Test func aTableThatFindsOthersWaitingGoesWithThem() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let root = machine.kernel.allocate(order: 0)
      let device = Device(iommu: 0, requester: 8)
      #expect(space.scheme.bind(root, to: device, as: PASID(1)) == .bound)
      for gib in 0..<2 {
        _ = space.map(
          page(gib), to: PhysicalAddress(0), attributes: .kernelData)
      }
      _ = space.unmap(page(0))
      #expect(
        space.scheme.unbind(root, from: device, as: PASID(1)) == .left)
      _ = space.unmap(page(1))
      #expect(quarantined(machine) == 4)
      machine.runWorker(space.scheme)
      #expect(quarantined(machine) == 0)
      #expect(machine.accountsMismatch() == nil)
    }
  }

  /// With interrupts off nobody may sleep: no lock, no wait, no drain.
  @Test func retireNeverBlocksAtTheBound() throws {
    try HostedMachine.run(frames: 2048) { machine in
      let space = try kernel(machine, scheme(machine, limit: 4))
      let user = try #require(HostedMachine.SpyUserSpace.make(copying: space))
      user.share(
        Binding(pasid: PASID(1), iommus: IOMMUSet(first: 1), devices: 1))
      var unlinked = UnlinkedTables<SpyKernel, KernelHalf>(on: machine.spy)
      for gib in 0..<8 {
        _ = space.map(
          page(gib), to: PhysicalAddress(0), attributes: .kernelData)
      }
      for gib in 0..<8 { _ = space.unmap(page(gib), into: &unlinked) }
      let sleeps: Set<Access> = [.lock, .awaitReaders]
      var hasSlept = false
      machine.hook = { if sleeps.contains($0) { hasSlept = true } }
      while !unlinked.isEmpty { space.scheme.retire(unlinked.removeFirst()) }
      machine.hook = nil
      space.scheme.retire(unlinked)
      #expect(!hasSlept)
      #expect(quarantined(machine) == 16)
      #expect(machine.takeWakeUp())
      // The next operation that may sleep drains.
      _ = space.map(page(9), to: PhysicalAddress(0), attributes: .kernelData)
      #expect(quarantined(machine) == 0)
    }
  }

  /// The drain at the bound holds no lock that a bind, under way elsewhere,
  /// takes while it waits for the IOMMUs.
  @Test func nobodyWaitsUnderTheSharingLock() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let user = try #require(HostedMachine.SpyUserSpace.make(copying: space))
      user.share(
        Binding(pasid: PASID(1), iommus: IOMMUSet(first: 2), devices: 1))
      _ = space.map(page(0), to: PhysicalAddress(0), attributes: .kernelData)
      _ = space.unmap(page(0))
      var bindings = 0
      machine.onWait = {
        machine.onWait = nil
        // Would hang if the lock were held.
        let other = HostedMachine.SpyUserSpace.make(copying: space)
        other?.share(
          Binding(pasid: PASID(2), iommus: IOMMUSet(first: 1), devices: 1))
        bindings += 1
      }
      machine.runWorker(space.scheme)
      #expect(bindings == 1)
      #expect(quarantined(machine) == 0)
    }
  }

  @Test func tablesOfTwoSpacesInOneTokenAreAFault() async {
    await #expect(processExitsWith: .failure) {
      try HostedMachine.run { machine in
        let space = try machine.makeSpace()
        var unlinked = UnlinkedTables<SpyKernel, UserHalf>(on: machine.spy)
        for _ in 0..<2 {
          guard let user = HostedMachine.SpyUserSpace.make(copying: space)
          else { throw OutOfFrames() }
          let page = VirtualRange(start: VirtualAddress(0), size: 4096)
          _ = user.map(
            page, to: PhysicalAddress(0), attributes: .userData,
            into: &unlinked)
          _ = user.unmap(page, into: &unlinked)
        }
        machine.scheme.retire(unlinked)
          .invalidated(by: machine.scheme.sharing).release()
      }
    }
  }

  /// Parked twice, for different IOMMUs: each goes with its own.
  @Test func parkedTablesGoWithTheIOMMUTheyWaitFor() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let user = try #require(HostedMachine.SpyUserSpace.make(copying: space))
      user.share(
        Binding(pasid: PASID(1), iommus: IOMMUSet(first: 2), devices: 1))
      func retire(_ gib: Int, failing: IOMMUSet) {
        machine.failing = failing
        _ = space.map(
          page(gib), to: PhysicalAddress(0), attributes: .kernelData)
        _ = space.unmap(page(gib))
        machine.runWorker(space.scheme)
      }
      retire(0, failing: IOMMUSet(rawValue: 0b01))
      #expect(space.scheme.unanswered() == IOMMUSet(rawValue: 0b01))
      // Now the other fails: what waited for the first is free.
      retire(1, failing: IOMMUSet(rawValue: 0b10))
      #expect(space.scheme.unanswered() == IOMMUSet(rawValue: 0b10))
      #expect(TableAccounts(of: machine.kernel).parked == 2)
      // The failing one is expelled: that is its answer.
      let device = Device(iommu: 1, requester: 8)
      #expect(space.scheme.makeLeave(device) == .left)
      machine.failing = .none
      space.scheme.reclaim()
      #expect(TableAccounts(of: machine.kernel).parked == 0)
      #expect(machine.accountsMismatch() == nil)
    }
  }
}
