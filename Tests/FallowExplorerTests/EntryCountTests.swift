// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowSchemes
import Testing

@testable import FallowExplorer

/// What the descriptors of tables say between operations.
@Suite struct EntryCountTests {
  /// Whether each linked table counts the entries that it has.
  @Sendable private static func areCountsTrue(_ state: StateView) -> Bool {
    state.frames.dropFirst().allSatisfy { frame in
      let word = TypeWord(
        rawValue: UInt32(
          truncatingIfNeeded: state.load(.typeWord, of: frame)))
      guard !state.isFree(frame), word.state == .linked else { return true }
      let used = [0, 1].count { state.entry($0, of: frame) != 0 }
      return state.load(.entryCount, of: frame) == UInt64(used)
    }
  }

  @Test(
    "at rest every linked table counts the entries that it has",
    arguments: [
      (Operation.map, Operation.unmap), (.mapList, .unmapList),
      (.mapReserved, .unmap), (.mapByCursor, .unmapByCursor),
    ])
  func countsAreTrue(map: Operation, unmap: Operation) {
    var scenario = Scenario.neighbours(Catalogue.bounds(slots: 2, frames: 1))
    scenario.moves = [
      Move(map, from: .empty, to: .mapped),
      Move(unmap, from: .mapped, to: .empty),
    ]
    scenario.properties = [
      .always("tables count their entries") { state in
        !state.isAtRest || Self.areCountsTrue(state)
      },
      .sometimes("a table is linked") { state in
        state.isAtRest && state.entry(0, of: 0) != 0
      },
    ]
    let outcome = Check.run(
      scenario, scheme: .fallow, options: SearchOptions())
    print("\(map), \(unmap): \(outcome.states) states")
    #expect(outcome.verdict == .safe, "\(outcome.oracle)")
  }
}
