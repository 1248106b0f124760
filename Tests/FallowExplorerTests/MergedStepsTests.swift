// SPDX-License-Identifier: Apache-2.0

import FallowSchemes
import Foundation
import Testing

@testable import FallowExplorer

/// What a search spares itself hides nothing and invents nothing: protocols at
/// random have the verdict that the reference gives them.
@Suite struct MergedStepsTests {
  private typealias Family =
    @Sendable (UInt64, SearchOptions) -> Outcome

  private static let families: [Family] = [
    { RandomProtocol.search(seed: $0, $1) },
    { RandomHandover.search(seed: $0, $1) },
    { RandomHandover.search(seed: $0, $1, varies: true) },
    { RandomProtocol.search(seed: $0, $1, varies: true) },
    { RandomSignals.search(seed: $0, $1) },
    { RandomSignals.search(seed: $0, $1, varies: true) },
  ]

  /// How many protocols of each family are searched.
  private static let count =
    ProcessInfo.processInfo.environment["FALLOW_RANDOM_PROTOCOLS"]
    .flatMap(UInt64.init) ?? 10

  private static let modes: [Reductions] = [
    .all, .ownedFrames, [.ownedFrames, .movers], [.ownedFrames, .commands],
    .frameSymmetry, .symmetry, .steps,
  ]

  private func options(_ reductions: Reductions) -> SearchOptions {
    var options = SearchOptions()
    options.reductions = reductions
    // What has a larger reference is left out.
    options.memory = Self.memory
    return options
  }

  #if DEBUG
    private static let variants = [0, 2]
    private static let memory = 4
  #else
    private static let variants = [0, 1, 2, 3, 4]
    private static let memory = 32
  #endif

  @Test(arguments: [SchemeName.fallow, .upstream], variants)
  func theVerdictIsTheSame(scheme: SchemeName, variant: Int) {
    var bounds = Bounds()
    bounds.iommus = variant == 1 ? 2 : 1
    bounds.pasids = variant == 2 ? 2 : 1
    bounds.ats = variant == 3
    bounds.mayFail = variant == 4
    let scenario = Scenario.mapUnmap(bounds)
    let merged = Check.run(scenario, scheme: scheme, options: options(.all))
    let every = Check.run(
      scenario, scheme: scheme,
      options: options([.ownedFrames, .symmetry]))
    #expect(merged.verdict == every.verdict)
    #expect(merged.oracle == every.oracle)
    #expect(merged.timeline == every.timeline)
    guard every.verdict == .safe else { return }
    #expect(merged.happened == every.happened)
    #expect(merged.states < every.states)
  }

  // Searches without reductions take too long where nothing is optimized.
  #if !DEBUG
    @Test(arguments: families.indices)
    func protocolsAtRandomHaveTheVerdictOfTheReference(family: Int) {
      var verdicts: [Verdict: Int] = [:]
      var met: Set<Obstacle> = []
      // The last ones show what is lost if a queue is only carried out when an
      // actor polls.
      for seed in Array(1...Self.count) + [318, 395, 489, 547] {
        let reference = Self.families[family](seed, options(.none))
        if reference.verdict == .incomplete { continue }
        verdicts[reference.verdict, default: 0] += 1
        let other = Self.modes[Int(seed) % Self.modes.count]
        for mode in Set([.all, other]) {
          let merged = Self.families[family](seed, options(mode))
          met.formUnion(merged.obstacles)
          #expect(
            merged.verdict == reference.verdict,
            "seed \(seed), \(mode.names): \(merged.oracle) \(reference.oracle)")
        }
      }
      print("family \(family), \(Self.count) seeds: \(verdicts), \(met)")
      #expect(verdicts[.safe, default: 0] >= 1)
      #expect(verdicts[.violation, default: 0] >= 1)
    }

    /// Without one of the conditions the test above fails: each is searched for
    /// among the protocols that can break it.
    @Test(
      arguments: [
        (nil, 4), (.unnamedFrame, 1), (.framesDiffer, 1), (.slotsDiffer, 4),
        (.interrupts, 2), (.unguardedList, 2), (.ownProperties, 2),
        (.unguardedQueue, 4), (.entryBehindWalk, 4), (.storeBuffers, 4),
      ] as [(Obstacle?, Int)])
    func aConditionThatIsNotCheckedIsMissed(obstacle: Obstacle?, family: Int) {
      var unchecked = options(.all)
      if let obstacle {
        unchecked.overlooked = obstacle.bit
      } else {
        unchecked.believesOwnership = true
      }
      let search = Self.families[family]
      let seed = (1...500 as ClosedRange<UInt64>).first { seed in
        let right = search(seed, options(.all))
        // What was not met cannot be overlooked.
        if let obstacle, !right.obstacles.contains(obstacle) { return false }
        return search(seed, unchecked).verdict != right.verdict
      }
      let name = obstacle.map { "\($0)" } ?? "ownership"
      let at = seed.map(String.init) ?? "none"
      print("without \(name): missed at seed \(at)")
      #expect(seed != nil, "\(name)")
    }

    /// Without the last condition a driver that ships is called wrong.
    @Test func aQueueInMemoryNeedsEveryStep() throws {
      let entry = try #require(
        Catalogue.all.first { $0.name == "vtd-fallow" })
      var unchecked = options(.all)
      unchecked.livenessLimit = 0
      #expect(entry.search(entry.scenario, unchecked).verdict == .safe)
      unchecked.overlooked = Obstacle.queueInMemory.bit
      #expect(entry.search(entry.scenario, unchecked).verdict != .safe)
    }
  #endif
}
