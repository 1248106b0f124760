// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Testing

@testable import Fallow

/// Two real threads: one binds and unbinds, the other makes tables go.
@Suite struct SharingThreadTests {
  private typealias Scheme = Reclaimer<WalkingDriver>

  /// `FALLOW_BINDS` sets how many: more for the script that runs it under the
  /// thread sanitizer.
  private static var rounds: Int {
    ProcessInfo.processInfo.environment["FALLOW_BINDS"].flatMap(Int.init)
      ?? 20_000
  }

  /// The device walks as soon as it is bound, and uses what it found until its
  /// own invalidation completes.
  @Test func bindAndUnbindWhileTablesGo() throws {
    try HostedMachine.run(cpus: 2) { machine in
      let hosted = machine.kernel
      let walker = WalkingDevice(kernel: hosted)
      let scheme = Scheme(
        sharing: Sharing(
          driver: WalkingDriver(platform: hosted, device: walker)))
      guard
        let space = KernelTree<X86FourLevel, Scheme>.make(scheme: scheme),
        let user = UserTree<X86FourLevel, Scheme>.make(copying: space)
      else { throw OutOfFrames() }
      walker.root.value = user.root.rawValue
      let free = machine.freeFrames
      let done = Counter()
      let wrong = Counter()
      let group = DispatchGroup()
      group.enter()
      Thread.detachNewThread {
        var binds = 0
        HostedMachine.$cpu.withValue(1) {
          let device = Device(iommu: 0, requester: 8)
          // On a busy machine the two may not have met by then.
          while binds < Self.rounds || walker.uses.value == 0 {
            binds += 1
            let bound = scheme.bind(user.root, to: device, as: PASID(1))
            if bound != .bound { wrong.increment() }
            walker.walk()
            walker.use()
            let left = scheme.unbind(user.root, from: device, as: PASID(1))
            if left != .left { wrong.increment() }
          }
          done.increment()
          group.leave()
        }
      }
      var retired = 0
      let page = range(WalkingDevice.address, pageSize)
      while done.value == 0 {
        _ = space.map(page, to: PhysicalAddress(0), attributes: .kernelData)
        _ = space.unmap(page)
        retired += 2
        machine.runWorker(scheme)
      }
      group.wait()
      machine.runWorker(scheme)
      #expect(wrong.value == 0)
      #expect(walker.misuses.value == 0, "the device used a released table")
      let accounts = TableAccounts(of: hosted)
      #expect(accounts.quarantined == 0 && accounts.parked == 0)
      #expect(accounts.released == UInt64(retired))
      #expect(accounts.total == accounts.linked + accounts.released)
      #expect(machine.freeFrames == free)
      #expect(scheme.sharing.isUnused())
      print(
        "\(Self.rounds) binds or more against \(retired) tables retired;",
        "\(walker.uses.value) uses of a table, \(walker.forgotten.value) of",
        "them forgotten for the worker")
    }
  }

  /// Store buffering: the CPU that cleared the entry sees the announcement, or
  /// the device's first walk sees the cleared entry, because each is a full
  /// fence.
  ///
  /// Each thread comes later than the other by every delay in turn. Optimized,
  /// a few of the rounds miss each other where one of the fences is a plain
  /// store; without optimization too much stands between the accesses, and each
  /// pair of delays comes once.
  @Test func theClearingOrTheAnnouncementIsSeen() {
    HostedMachine.run(cpus: 2) { machine in
      let kernel = MappedKernel(directMap: machine.directMap)
      let driver = FirstWalk(
        platform: kernel, entry: machine.allocate(order: 0).address,
        found: machine.allocate(order: 0).address)
      let scheme = Reclaimer(sharing: Sharing(driver: driver))
      let root = machine.allocate(order: 0)
      #if DEBUG
        let rounds = 127 * 127
      #else
        let rounds = 200_000
      #endif
      let start = Meeting()
      let end = Meeting()
      var missed = 0
      var unusedRounds = 0
      let isUnused = Counter()
      let group = DispatchGroup()
      group.enter()
      Thread.detachNewThread {
        for round in 0..<rounds {
          start.meet()
          for _ in 0..<(round % 127) { _ = kernel.load(driver.entry) }
          _ = kernel.exchange(0, at: driver.entry)
          if scheme.sharing.isUnused() { isUnused.increment() }
          end.meet()
        }
        group.leave()
      }
      let device = Device(iommu: 0, requester: 8)
      for round in 0..<rounds {
        kernel.store(1, to: driver.entry)
        let before = isUnused.value
        start.meet()
        for _ in 0..<(round / 127 % 127) { _ = kernel.load(driver.found) }
        _ = scheme.bind(root, to: device, as: PASID(1))
        end.meet()
        if isUnused.value > before {
          unusedRounds += 1
          if kernel.load(driver.found) != 0 { missed += 1 }
        }
        _ = scheme.unbind(root, from: device, as: PASID(1))
      }
      group.wait()
      print(
        "\(rounds) rounds: the clearing came first in \(unusedRounds)")
      #expect(missed == 0, "a bind and a clearing missed each other")
    }
  }
}
