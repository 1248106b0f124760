// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowSchemes
import Synchronization
import Testing

@testable import FallowExplorer

/// What the search itself promises: the same counts however it is run, and the
/// same verdict in both of its ways to treat walkers.
@Suite struct SearchTests {
  private static func bounds(cpus: Int, slots: Int) -> Bounds {
    Catalogue.bounds(cpus: cpus, slots: slots)
  }

  private func run(
    _ scheme: SchemeName, _ bounds: Bounds,
    _ change: (inout SearchOptions) -> Void = { _ in }
  ) -> Outcome {
    var options = SearchOptions()
    change(&options)
    return Check.run(.mapUnmap(bounds), scheme: scheme, options: options)
  }

  @Test(arguments: [SchemeName.fallow, .upstream])
  func countsDoNotDependOnThreadsOrSeeds(scheme: SchemeName) {
    let bounds = Self.bounds(cpus: 1, slots: 2)
    let one = run(scheme, bounds)
    let two = run(scheme, bounds) { $0.threads = 2 }
    let other = run(scheme, bounds) { $0.seed = 0x5eed }
    print("\(scheme): \(one.states) states, \(one.transitions) transitions")
    #expect(one.verdict == .safe)
    #expect(one.states > 1_000 && one.diameter > 50)
    for outcome in [two, other] {
      #expect(outcome.verdict == one.verdict)
      #expect(outcome.states == one.states)
      #expect(outcome.transitions == one.transitions)
      #expect(outcome.diameter == one.diameter)
    }
  }

  @Test func aTimelineIsTheSameOnEveryRun() {
    let bounds = Self.bounds(cpus: 2, slots: 2)
    let one = run(.immediate, bounds)
    let two = run(.immediate, bounds) {
      $0.threads = 2
      $0.seed = 7
    }
    #expect(one.verdict == .violation)
    #expect(one.timeline == two.timeline)
    #expect(one.actions == two.actions)
    #expect(one.states == two.states)
  }

  @Test func theTimelineOfImmediateIsShort() {
    let outcome = run(.immediate, Self.bounds(cpus: 1, slots: 1))
    #expect(outcome.isConfirmed)
    #expect((1...12).contains(outcome.timeline.count))
    #expect(outcome.timeline.last?.effect == "frame 1: free")
  }

  @Test(arguments: [SchemeName.fallow, .upstream, .immediate], [0, 2])
  func symmetryDoesNotChangeTheVerdict(scheme: SchemeName, storeBuffers: Int) {
    var bounds = Self.bounds(cpus: 1, slots: 2)
    bounds.storeBuffers = storeBuffers
    let with = run(scheme, bounds)
    let without = run(scheme, bounds) { $0.reductions.subtract(.symmetry) }
    #expect(with.verdict == without.verdict)
    #expect(with.oracle == without.oracle)
    #expect(with.states <= without.states)
    guard with.verdict == .safe else { return }
    // Each state stands for as many as there are ways to name its frames.
    #expect(with.renamings == without.states)
    #expect(with.happened == without.happened)
  }

  @Test func storesWait() {
    var bounds = Self.bounds(cpus: 2, slots: 1)
    let without = run(.fallow, bounds) {
      $0.reductions.subtract([.movers, .commands])
    }
    bounds.storeBuffers = 2
    let with = run(.fallow, bounds)
    #expect(with.verdict == .safe)
    #expect(with.states > without.states)
    #expect(with.happened.contains(.storeWaited))
    // What is merged is so for a memory that is sequentially consistent.
    #expect(with.reductions.isDisjoint(with: [.movers, .commands]))
    #expect(with.obstacles.contains(.storeBuffers))
  }

  @Test func aStoreThatWaitsIsRenamed() {
    var bounds = Self.bounds(cpus: 1, slots: 1)
    bounds.storeBuffers = 2
    let layout = Layout(bounds)
    let fingerprint = Fingerprint(layout: layout, seed: 1)
    let state = Cells.allocate(layout.size)
    var canonical = Canonical(
      Renamer(layout: layout, fingerprint: fingerprint, swap: nil))
    defer {
      canonical.free()
      state.free()
      fingerprint.free()
    }
    func entry(of frame: Int) -> UInt64 {
      FrameName.number(frame) << FrameNumber.shift | TinyEntry.present
    }
    // Frame 2 hangs from the root, so its name is 1, and frame 1's is 2.
    state[layout.entry(0, 0)] = entry(of: 2)
    let store = BufferedStore(.entry, 2, 1, value: entry(of: 1))
    store.write(to: state, at: layout.buffer(of: 0))
    let isItself = canonical.make(from: state)
    #expect(!isItself)
    let renamed = BufferedStore(in: canonical.cells, at: layout.buffer(of: 0))
    #expect(renamed.target == 1 && renamed.index == 1)
    #expect(renamed.value == entry(of: 2))
  }

  @Test(arguments: [WalkerMode.mayHold, .concrete])
  func statesInFullAreAsMany(mode: WalkerMode) {
    let bounds = Self.bounds(cpus: 1, slots: 1)
    let prints = run(.fallow, bounds) { $0.mode = mode }
    for (threads, symmetry) in [(1, true), (2, true), (1, false)] {
      let full = run(.fallow, bounds) {
        $0.mode = mode
        $0.isExact = true
        $0.threads = threads
        if !symmetry { $0.reductions.subtract(.symmetry) }
      }
      #expect(full.verdict == .safe)
      #expect(full.states == (symmetry ? prints.states : prints.renamings))
    }
  }

  /// The reference merges nothing and takes no two states for one.
  @Test(arguments: [SchemeName.fallow, .upstream, .immediate])
  func theReferenceFindsTheSame(scheme: SchemeName) {
    for failing in [false, true] {
      var bounds = Self.bounds(cpus: 1, slots: 1)
      bounds.mayFail = failing
      let some = run(scheme, bounds)
      let all = run(scheme, bounds) { $0.reductions = .none }
      #expect(some.verdict == all.verdict)
      #expect(some.oracle == all.oracle)
      #expect(some.happened == all.happened || some.verdict == .violation)
      #expect(all.states > some.states || some.verdict == .violation)
    }
  }

  @Test func whatNeverHappensIsNotSafe() {
    var scenario = Scenario.mapUnmap(Self.bounds(cpus: 1, slots: 1))
    scenario.mustHappen.insert(.interrupted)
    let outcome = Check.run(
      scenario, scheme: .fallow, options: SearchOptions())
    #expect(outcome.verdict == .incomplete)
    #expect(outcome.missing == [.interrupted])
  }

  @Test func aTokenTakesItsStepsAgain() throws {
    let entry = try #require(Catalogue.all.first { $0.name == "no-wait" })
    let found = entry.search(entry.scenario, SearchOptions())
    let made = try #require(ReplayToken(found, of: entry, mode: .mayHold))
    let token = try #require(ReplayToken(made.text))
    #expect(token.fits(entry))
    var other = entry
    other.scenario.bounds.cpus = 2
    #expect(!token.fits(other))
    var options = SearchOptions()
    options.replay = token
    let again = entry.search(entry.scenario, options)
    #expect(again.timeline == found.timeline)
    #expect(again.oracle == found.oracle)
  }

  @Test(arguments: [SchemeName.fallow, .upstream, .immediate])
  func walkersStepByStepGiveTheSameVerdict(scheme: SchemeName) {
    let bounds = Self.bounds(cpus: 1, slots: 1)
    let may = run(scheme, bounds)
    let concrete = run(scheme, bounds) { $0.mode = .concrete }
    #expect(may.verdict == concrete.verdict)
    #expect(concrete.states > may.states)
  }

  @Test func aSearchWithoutMemoryIsIncomplete() {
    let outcome = run(.fallow, Self.bounds(cpus: 2, slots: 2)) {
      $0.memory = 1
    }
    #expect(outcome.verdict == .incomplete)
    #expect(outcome.frontier > 0)
    #expect(outcome.memory <= 1 << 20)
  }

  /// Maps by what is no function of the answers it got, or without end.
  private struct Unfit: Model {
    let machine: SteppingMachine
    let isEndless: Bool
    let calls = Calls()

    final class Calls: Sendable {
      let count = Atomic<Int>(0)
    }

    func perform(
      _ operation: Operation, on slot: Slot
    ) throws(Stop) -> Bool {
      if isEndless {
        while true { _ = try machine.load(slot.rootEntry) }
      }
      let isOdd =
        calls.count.wrappingAdd(1, ordering: .relaxed).oldValue % 2 == 1
      _ =
        isOdd
        ? try machine.load(slot.rootEntry) : try machine.load(.sharedSpaces)
      _ = try machine.load(.parked)
      return false
    }
  }

  @Test(arguments: [false, true])
  func unfitCodeIsTold(isEndless: Bool) {
    let outcome = Search(.mapUnmap(Bounds())) { (machine) throws(Stop) in
      Unfit(machine: machine, isEndless: isEndless)
    }.run()
    #expect(outcome.verdict == .violation)
    #expect(outcome.oracle == (isEndless ? .endlessOperation : .notRepeatable))
  }
}
