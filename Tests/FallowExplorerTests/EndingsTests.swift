// SPDX-License-Identifier: Apache-2.0

import Fallow
import Foundation
import Testing

@testable import FallowExplorer

/// What never ends is found where steps are merged, and nothing else is: as
/// where none are.
@Suite struct EndingsTests {
  /// What an outcome says of endings; a search that merges more may meet the
  /// other way to wait first.
  enum Ending: Hashable {
    case ends, waits, goesRound
    case fault, unknown

    init(_ outcome: Outcome) {
      switch (outcome.verdict, outcome.oracle) {
      case (.violation, .deadlock), (.violation, .waitsForEver): self = .waits
      case (.violation, .livelock): self = .goesRound
      case (.violation, _): self = .fault
      case (.safe, _):
        if case .passed = outcome.liveness {
          self = .ends
        } else {
          self = .unknown
        }
      default: self = .unknown
      }
    }
  }

  private static let count =
    ProcessInfo.processInfo.environment["FALLOW_RANDOM_ENDINGS"]
    .flatMap(UInt64.init) ?? 60

  private func options(_ reductions: Reductions) -> SearchOptions {
    var options = SearchOptions()
    options.reductions = reductions
    // What has a larger reference is left out.
    options.memory = 16
    options.livenessLimit = 40_000
    return options
  }

  @Test func protocolsAtRandomEndAsInTheReference() {
    var endings: [Ending: Int] = [:]
    for seed in 1...Self.count {
      let every = RandomEndings.search(seed: seed, options(.none))
      let reference = Ending(every)
      endings[reference, default: 0] += 1
      if reference == .unknown { continue }
      for reductions in [
        Reductions.all, [.ownedFrames, .movers], [.ownedFrames, .commands],
      ] {
        let merged = RandomEndings.search(seed: seed, options(reductions))
        #expect(
          Ending(merged) == reference,
          "seed \(seed), \(reductions.names): \(merged.oracle) \(every.oracle)")
        #expect(merged.isConfirmed, "seed \(seed)")
      }
    }
    print("endings, \(Self.count) seeds: \(endings)")
    for ending in [Ending.ends, .waits, .goesRound] {
      #expect(endings[ending, default: 0] > 0, "\(ending)")
    }
  }

  /// With what is only as good later merged too, the test above fails.
  @Test func whatIsOnlyAsGoodLaterHidesWhatNeverEnds() {
    var careless = options(.all)
    careless.mergesEndings = true
    let seed = (1...400 as ClosedRange<UInt64>).first { seed in
      let right = Ending(RandomEndings.search(seed: seed, options(.all)))
      guard right == .waits || right == .goesRound else { return false }
      return Ending(RandomEndings.search(seed: seed, careless)) != right
    }
    print("merged endings: missed at seed \(seed.map(String.init) ?? "none")")
    #expect(seed != nil)
  }

  /// A reader that begins between a store and the wait for readers is waited
  /// for, and waits for what comes after.
  @Test(arguments: [false, true])
  func aReaderThatIsWaitedForWaitsForEver(isCareless: Bool) {
    var scenario = PlainProtocol.scenario(cpus: 2, slots: 2)
    scenario.moves = [Move(.map, from: .empty, to: .over)]
    scenario.mustHappen = []
    var options = options(.all)
    options.mergesEndings = isCareless
    let outcome = Search(scenario, options: options) {
      (machine) throws(Stop) in
      var model = PlainProtocol(machine: machine)
      model.map = { (machine, slot) throws(Stop) in
        if slot.number == 0 {
          _ = try machine.exchange(1, at: KernelWord(index: 2))
          try machine.awaitReaders()
          _ = try machine.exchange(1, at: KernelWord(index: 4))
        } else {
          let isAwaited = try machine.load(KernelWord(index: 2)) != 0
          if !isAwaited { return true }
          try machine.enterReadSection()
          while true {
            try machine.attempt()
            let found = try machine.compareExchange(
              KernelWord(index: 4), expected: 1, desired: 1)
            if found == 1 { break }
          }
          try machine.leaveReadSection()
        }
        return true
      }
      return model
    }.run()
    #expect(Ending(outcome) == (isCareless ? .ends : .goesRound))
  }

  /// A loop that others notice nothing of is no turn without end.
  @Test func aSpinUnderALockOnWhatItGuardsIsFound() {
    let outcome = PlainProtocol.search(
      PlainProtocol.scenario(cpus: 2, slots: 1)
    ) {
      $0.map = { (machine, _) throws(Stop) in
        try machine.lock(.reclamation)
        while true {
          try machine.attempt()
          let found = try machine.compareExchange(
            .parked, expected: 1, desired: 0)
          if found == 1 { return true }
        }
      }
    }
    #expect(outcome.oracle == .livelock)
  }
}
