// SPDX-License-Identifier: Apache-2.0

import Fallow
import Testing

@testable import FallowExplorer

/// How a line is found, and what is shown where there is none; `CatalogueTests`
/// looks at the lines themselves.
@Suite struct SourceLineTests {
  /// The steps of a table that is freed at once.
  private func replay() throws -> ReplayedSteps {
    var options = SearchOptions()
    options.reductions.subtract(.symmetry)
    let search = Search(.mapUnmap(Bounds()), options: options) {
      (machine) throws(Stop) in Hasty(machine: machine)
    }
    let outcome = search.run()
    try #require(outcome.verdict == .violation)
    return ReplayedSteps(outcome.actions, on: search.withLines.stepper())
  }

  @Test func theLineIsOfTheCodeThatIsSearched() throws {
    let lines = try replay().steps.compactMap(\.line)
    #expect(lines.allSatisfy { $0.file == "SourceLineTests.swift" })
    #expect(lines.map(\.line).contains(Hasty.freeLine))
  }

  @Test func withoutDebugInformationAStepNamesItsAccess() throws {
    var replay = try replay()
    #expect(Timeline(replay: replay, frame: 1, names: nil).namesLines)
    for index in replay.steps.indices { replay.steps[index].calls = Calls() }
    let timeline = Timeline(replay: replay, frame: 1, names: nil)
    #expect(!timeline.namesLines)
    #expect(timeline.steps.contains { $0.source == "unmap: free" })
  }

  /// The cause of an access to a free table is the read that led there.
  @Test func aReadThatLedToAFreeTableIsShown() throws {
    let entry = try #require(
      Catalogue.all.first { $0.name == "reader-upstream" })
    let outcome = entry.search(entry.scenario, SearchOptions())
    let guilty = try #require(outcome.timeline.last?.actor)
    #expect(
      outcome.timeline.dropLast().contains {
        $0.actor == guilty
          && $0.step == "reads the entry of frame \(outcome.frame)"
      })
    #expect(outcome.timeline.last?.step == "reads an entry")
  }
}

/// A free path of three lines, without an invalidation.
private struct Hasty: Model {
  static let freeLine = #line + 17
  let machine: SteppingMachine

  func perform(_ operation: Operation, on slot: Slot) throws(Stop) -> Bool {
    switch operation {
    case .map:
      let table = try machine.allocate(order: 0)
      try machine.describe(table, as: .linked)
      try machine.fill(table.address, count: 2, first: 0, step: 0)
      try machine.store(slot.leaf, to: table.address + slot.leafOffset)
      try machine.store(table.address.rawValue | 1, to: slot.rootEntry)
    case .unmap:
      let entry = try machine.load(slot.rootEntry)
      _ = try machine.exchange(0, at: slot.rootEntry)
      let table = FrameNumber(containing: PhysicalAddress(entry))
      try machine.describe(table, as: .quarantined)
      try machine.flushCPUs(slot.range)
      try machine.free(table, order: 0)
    default: break
    }
    return true
  }
}
