import FallowExplorer
import Foundation
import Testing
import YourProtocol

@Suite struct FreePathTests {
  /// Two CPUs map and unmap two slots; there are frames for two tables.
  private let scenario: Scenario = {
    var bounds = Bounds()
    bounds.cpus = 2
    bounds.slots = 2
    bounds.frames = 2
    var scenario = Scenario.mapUnmap(bounds)
    scenario.mustHappen = [.heldInQuarantine, .released, .reused]
    return scenario
  }()

  private func search(
    _ order: FreePath.Order, _ options: SearchOptions = SearchOptions()
  ) -> Outcome {
    Search(scenario, options: options) { machine in
      FreePath(on: machine, order: order)
    }.run()
  }

  @Test func clearingFirstIsSafe() {
    let outcome = search(.clearThenQueue)
    #expect(outcome.verdict == .safe)
    #expect(outcome.states > 1_000, "something was searched")
  }

  @Test func whatIsNotAnsweredIsNotFreed() {
    var failing = scenario
    failing.bounds.cpus = 1
    failing.bounds.mayFail = true
    failing.mustHappen = [.failed, .released]
    let outcome = Search(failing) { machine in
      FreePath(on: machine, order: .clearThenQueue)
    }.run()
    #expect(outcome.verdict == .safe)
  }

  @Test func queueingFirstIsFound() {
    let outcome = search(.queueThenClear)
    #expect(outcome.verdict == .violation)
    #expect(outcome.oracle == .retiredWhileLinked)
  }

  /// The lines of a file, named from the package.
  private func lines(of path: String) throws -> [String] {
    var file = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { file.deleteLastPathComponent() }
    return try String(contentsOf: file.appending(path: path), encoding: .utf8)
      .components(separatedBy: "\n")
  }

  @Test func theTimelineNamesTheLines() throws {
    let outcome = search(.queueThenClear)
    let code = try lines(of: "Sources/YourProtocol/FreePath.swift")
    let told = try outcome.timeline.map { step in
      let parts = step.source.split(separator: ":")
      try #require(parts.count == 2 && parts[0] == "FreePath.swift")
      return code[try #require(Int(parts[1])) - 1]
    }
    #expect(told.first?.contains("machine.allocate(") == true)
    #expect(
      told.last?.contains("machine.describe(table, as: .quarantined)") == true)
  }

  @Test func theTutorialShowsTheTimeline() throws {
    let outcome = search(.queueThenClear)
    let tutorial = try lines(
      of: "../../Sources/FallowExplorer/FallowExplorer.docc/"
        + "CheckYourProtocol.md")
    for step in outcome.timeline {
      let words = [step.actor, step.step, step.effect, step.source]
      #expect(
        tutorial.contains { line in words.allSatisfy(line.contains) },
        "\(words)")
    }
  }

  @Test func theStepsCanBeTakenAgain() throws {
    let found = search(.queueThenClear)
    let text = try #require(
      ReplayToken(found, of: scenario, code: "queueThenClear")
    ).text
    var options = SearchOptions()
    options.replay = ReplayToken(text)
    #expect(options.replay?.fits(scenario, code: "queueThenClear") == true)
    #expect(search(.queueThenClear, options).timeline == found.timeline)
    // The same steps do no harm where the entry is cleared first.
    #expect(search(.clearThenQueue, options).verdict == .incomplete)
  }
}
