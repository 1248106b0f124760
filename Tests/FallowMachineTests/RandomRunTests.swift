// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine
import Testing

/// Long runs of the real library under device traffic.
@Suite struct RandomRunTests {
  /// A run of operations that a seed determines.
  private final class Run {
    let world: World
    private var random: SystemOfSeed
    private var areas: [VirtualRange] = []
    private(set) var collapses = 0
    /// What happens after each operation.
    var check: () -> Void = {}

    init(seed: UInt64, _ change: (inout Machine.Configuration) -> Void) {
      world = World {
        $0.seed = seed
        $0.iommus = 2
        $0.requestsPerSecond = 2_000_000
        change(&$0)
      }
      random = SystemOfSeed(state: seed &* 0x9e37_79b9 &+ 1)
      for pasid: UInt32 in 1...2 {
        let user = world.share(pasid, iommus: 2)
        world.mapUser(user, userAddress, pages: 8)
        world.machine.userArea(
          pasid: PASID(pasid), range: pageRange(userAddress, 8))
      }
    }

    func go(steps: Int) {
      for _ in 0..<steps {
        step()
        check()
        let machine = world.machine
        machine.run(until: machine.now + random.next() % 20_000)
        check()
      }
    }

    private func step() {
      world.machine.currentCPU = Int(random.next() % 2)
      switch random.next() % 8 {
      case 0...3: map(in: place())
      case 4, 5: unmap()
      case 6:
        // Both CPUs want the same tables.
        let place = place()
        world.machine.preemptAtNextAllocation { [unowned self] in
          world.machine.currentCPU ^= 1
          map(in: place)
        }
        map(in: place)
      default: collapse()
      }
    }

    private func place() -> UInt64 {
      kernelAddress + (random.next() % 3) << 39 + (random.next() % 2) << 30
        + (random.next() % 4) << 21
    }

    private func map(in place: UInt64) {
      let pages = random.next() % 5 == 0 ? 512 : 1 + Int(random.next() % 6)
      // Large areas have places of their own.
      let offset =
        pages == 512 ? 1 << 23 : (random.next() % 500) << 12
      let range = pageRange(place + offset, pages)
      if areas.contains(where: { $0.overlaps(range) }) { return }
      areas.append(range)
      let frames = world.machine.allocateData(frames: pages)
      let outcome = world.kernel.map(
        range, to: frames.address, attributes: .kernelData,
        maxLeafLevel: random.next() % 2 == 0 ? 1 : 3)
      precondition(outcome == nil)
      world.machine.areaAppeared(range)
    }

    private func unmap() {
      if areas.isEmpty { return }
      let area = areas.remove(at: Int(random.next() % UInt64(areas.count)))
      precondition(world.kernel.unmap(area) == nil)
      world.machine.areaVanished(area)
    }

    private func collapse() {
      var unlinked = UnlinkedTables<MachinePlatform, KernelHalf>(
        on: world.platform)
      let full = areas.filter { $0.size == X86FourLevel.span(of: 2) }
      if full.isEmpty { return }
      let area = full[Int(random.next() % UInt64(full.count))]
      if world.kernel.collapse(at: area.start, level: 2, into: &unlinked)
        == nil
      {
        collapses += 1
      }
      world.scheme.retire(unlinked)
    }
  }

  @Test(arguments: UInt64(1)...3)
  func accountsAreWhatAScanOfAllDescriptorsSays(seed: UInt64) {
    let run = Run(seed: seed) { $0.frames = 1_024 }
    let world = run.world
    run.check = { [unowned world] in
      var states = [UInt64](repeating: 0, count: 8)
      for frame in 0..<UInt64(1_024) {
        let word = TypeWord(
          rawValue: UInt32(
            truncatingIfNeeded: world.platform.load(
              .typeWord, of: FrameNumber(frame))))
        if word.kind == .table { states[Int(word.state.rawValue)] += 1 }
      }
      let accounts = TableAccounts(of: world.platform)
      #expect(accounts.constructed == states[0])
      #expect(accounts.linked == states[1])
      #expect(accounts.unlinked == states[2])
      #expect(accounts.quarantined == states[3])
      #expect(accounts.parked == states[4])
      let tables = world.machine.ledger.tables
      #expect(accounts.total == UInt64(tables.count))
      let released = tables.count { $0.released != nil }
      #expect(accounts.released == UInt64(released))
    }
    run.go(steps: 160)
    #expect(TableAccounts(of: world.platform).released > 5)
  }

  @Test(arguments: UInt64(1)...4)
  func theLibrarysOrderIsNeverWalkedStale(seed: UInt64) {
    let run = Run(seed: seed) { _ in }
    run.go(steps: 400)
    let statistics = run.world.statistics
    #expect(statistics.staleReads == 0)
    #expect(statistics.staleWrites == 0)
    #expect(statistics.walksThroughQuarantined > 0)
    #expect(statistics.walks > 1_000)
    #expect(statistics.cacheHits > 100)
    #expect(run.collapses > 0)
    // Some table lost a race.
    #expect(
      run.world.machine.ledger.tables.contains {
        $0.linked == nil && $0.released != nil
      })
  }

  @Test func theSameSeedIsTheSameRun() {
    func result(seed: UInt64) -> (MachineStatistics, [MachineEvent]) {
      let run = Run(seed: seed) { _ in }
      run.world.machine.recordsEvents = true
      run.go(steps: 100)
      return (run.world.statistics, run.world.machine.events)
    }
    let first = result(seed: 5)
    let again = result(seed: 5)
    #expect(first.0 == again.0)
    #expect(first.1 == again.1)
    #expect(result(seed: 6).0 != first.0)
  }

  /// The traffic alone, of the same library calls.
  @Test func anotherSeedIsOtherTraffic() {
    func result(
      seed: UInt64, _ arrivals: Machine.Configuration.Arrivals
    ) -> MachineStatistics {
      let world = World {
        $0.seed = seed
        $0.requestsPerSecond = 1_000_000
        $0.arrivals = arrivals
      }
      world.mapUser(world.share(), userAddress, pages: 64)
      world.machine.areaAppeared(world.map(kernelAddress, pages: 64))
      world.machine.userArea(
        pasid: PASID(1), range: pageRange(userAddress, 64))
      world.machine.run(until: 10_000_000)
      return world.statistics
    }
    // The places differ, and the times.
    #expect(result(seed: 1, .regular) == result(seed: 1, .regular))
    #expect(result(seed: 1, .regular) != result(seed: 2, .regular))
    #expect(result(seed: 1, .poisson) == result(seed: 1, .poisson))
    #expect(
      result(seed: 1, .poisson).deviceRequests
        != result(seed: 2, .poisson).deviceRequests)
  }
}

/// Random numbers for what a test does: a linear congruential generator, with
/// Knuth's MMIX constants.
private struct SystemOfSeed {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 33
  }
}
