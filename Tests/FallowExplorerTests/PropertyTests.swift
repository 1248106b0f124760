// SPDX-License-Identifier: Apache-2.0

import Fallow
import Testing

@testable import FallowExplorer

/// A user's own properties.
@Suite struct PropertyTests {
  private func search(_ property: Property) -> Outcome {
    var scenario = PlainProtocol.scenario(cpus: 1, slots: 1)
    scenario.properties = [property]
    return PlainProtocol.search(scenario) { _ in }
  }

  /// How many tables are neither free nor in the tree.
  @Sendable private static func retired(_ state: StateView) -> Int {
    state.frames.count { frame in
      let word = TypeWord(
        rawValue: UInt32(
          truncatingIfNeeded: state.load(.typeWord, of: frame)))
      return !state.isFree(frame) && word.state == .quarantined
    }
  }

  @Test func oneMustAlwaysHold() {
    let holds = search(.always("at most two wait") { Self.retired($0) <= 2 })
    #expect(holds.verdict == .safe)
    #expect(holds.reductions == .none)
    #expect(holds.obstacles.contains(.ownProperties))
    let fails = search(.always("at most one waits") { Self.retired($0) <= 1 })
    #expect(fails.oracle == .ownProperty)
    #expect(fails.sentence == "It does not hold that at most one waits.")
    #expect(!fails.timeline.isEmpty)
  }

  @Test func oneMustHoldOnce() {
    let holds = search(.sometimes("two wait") { Self.retired($0) == 2 })
    #expect(holds.verdict == .safe)
    let fails = search(.sometimes("three wait") { Self.retired($0) == 3 })
    #expect(fails.verdict == .incomplete)
    #expect(fails.neverHeld == ["three wait"])
  }

  @Test func oneMustHoldInTheEnd() {
    let holds = search(.eventually("none waits") { Self.retired($0) == 0 })
    #expect(holds.verdict == .safe)
    let fails = search(
      .eventually("the tree is empty") { $0.entry(0, of: 0) == 0 })
    #expect(fails.oracle == .ownProperty)
  }
}
