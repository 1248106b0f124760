// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine
import FallowSchemes
import Testing

/// The user half of a shared space, whose tables and leaf frames go back while
/// devices use the space.
@Suite struct UserHalfTests {
  /// No table and no leaf frame that went back at once was safe.
  @Test(arguments: UInt64(1)...10)
  func atOnceBothAreUsedAfterTheyWentBack(seed: UInt64) {
    let machine = machine(seed)
    let immediate = Immediate(on: machine.platform)
    let run = UserRun(
      on: machine, immediate, seed: seed
    ) { user, range in
      var unlinked = UnlinkedTables<MachinePlatform, UserHalf>(
        on: machine.platform)
      let outcome = user.unmap(range, into: &unlinked)
      immediate.release(immediate.retire(unlinked))
      return outcome == nil
    }
    run.go(steps: 400)
    let statistics = machine.statistics
    print(
      "seed \(seed), at once: \(statistics.staleReads) stale reads,",
      "\(statistics.staleAccesses) stale accesses")
    #expect(statistics.staleReads > 0)
    #expect(statistics.staleAccesses > 0)
  }

  /// The unmapped range gives them back when every walker has forgotten them.
  @Test(arguments: UInt64(1)...10)
  func afterTheInvalidationNeitherIs(seed: UInt64) {
    let machine = machine(seed)
    let reclaimer = Reclaimer(sharing: Sharing(driver: machine.driver))
    let run = UserRun(
      on: machine, reclaimer, seed: seed
    ) { user, range in
      var stale = StaleRange(on: machine.platform)
      let outcome = user.unmap(range, into: &stale)
      let unanswered = stale.invalidated(by: reclaimer)
      return unanswered.isEmpty && outcome == nil
    }
    run.go(steps: 400)
    let statistics = machine.statistics
    print(
      "seed \(seed), fallow: \(statistics.walksThroughQuarantined) walks",
      "through quarantined tables")
    #expect(statistics.staleReads + statistics.staleWrites == 0)
    #expect(statistics.staleAccesses == 0)
    // Walkers came by meanwhile: it was not for want of them.
    #expect(statistics.walksThroughQuarantined > 0)
    #expect(TableAccounts(of: machine.platform).quarantined == 0)
  }

  private func machine(_ seed: UInt64) -> Machine {
    var configuration = Machine.Configuration()
    configuration.frames = 4_096
    configuration.seed = seed
    configuration.iommus = 2
    configuration.requestsPerSecond = 2_000_000
    configuration.userShare = 1
    return Machine(configuration)
  }
}

/// Areas of a user half that come and go as a seed says.
private final class UserRun<Scheme: ReclamationScheme>
where Scheme.P == MachinePlatform {
  typealias User = UserTree<X86FourLevel, Scheme>

  private let machine: Machine
  private let user: User
  private let giveBack: (User, VirtualRange) -> Bool
  private var chances: RandomNumbers
  private var areas: [(range: VirtualRange, data: FrameNumber)] = []

  /// `giveBack` unmaps a range, and returns true when its leaf frames may be
  /// used again.
  init(
    on machine: Machine, _ scheme: Scheme, seed: UInt64,
    giveBack: @escaping (User, VirtualRange) -> Bool
  ) {
    guard let kernel = KernelTree<X86FourLevel, Scheme>.make(scheme: scheme),
      let user = User.make(copying: kernel)
    else { preconditionFailure("too few frames") }
    self.machine = machine
    self.user = user
    self.giveBack = giveBack
    chances = RandomNumbers(seed: seed, stream: 1_000)
    let reclaimer = Reclaimer(sharing: Sharing(driver: machine.driver))
    for iommu in 0..<2 {
      let device = machine.device(iommu)
      let outcome = reclaimer.bind(user.root, to: device, as: PASID(1))
      precondition(outcome == .bound)
      machine.startWork(device, as: PASID(1))
    }
  }

  func go(steps: Int) {
    for _ in 0..<steps {
      if areas.count < 8 && chances.next(below: 2) == 0 {
        map()
      } else if !areas.isEmpty {
        unmap(Int(chances.next(below: UInt64(areas.count))))
      }
      machine.run(until: machine.now + chances.next(below: 20_000))
    }
  }

  private func map() {
    let start = chances.next(below: 64) << 30 + chances.next(below: 256) << 12
    let range = VirtualRange(
      start: VirtualAddress(start), size: (1 + chances.next(below: 64)) << 12)
    if areas.contains(where: { $0.range.overlaps(range) }) { return }
    let data = machine.allocateData(frames: Int(range.size >> 12))
    var unlinked = UnlinkedTables<MachinePlatform, UserHalf>(
      on: machine.platform)
    let outcome = user.map(
      range, to: data.address, attributes: .userData, into: &unlinked)
    precondition(outcome == nil && unlinked.isEmpty)
    areas.append((range, data))
    machine.userArea(pasid: PASID(1), range: range)
  }

  private func unmap(_ index: Int) {
    let (range, data) = areas.remove(at: index)
    machine.userAreaVanished(pasid: PASID(1), range: range)
    let isReusable = giveBack(user, range)
    precondition(isReusable, "every walker answers")
    machine.freeData(data)
  }
}
