// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import FallowTool

/// What `fallow check` prints for a person.
@Suite struct CheckOutputTests {
  private static func lines(_ arguments: [String]) throws -> [String] {
    try ToolRun(["check"] + arguments).output.split(
      separator: "\n", omittingEmptySubsequences: false
    ).map(String.init)
  }

  @Test func theScenarioAndTheVerdictComeFirstAndTheStatisticsLast() throws {
    let lines = try Self.lines(["immediate"])
    #expect(lines.first?.hasPrefix("immediate: ") == true)
    #expect(lines[1].hasPrefix("  Violation (invalidationSkipped): "))
    let steps = try #require(lines.firstIndex { $0.hasPrefix("  actor ") })
    let searched = try #require(lines.firstIndex(of: "What was searched"))
    let statistics = try #require(lines.firstIndex(of: "Statistics"))
    #expect(1 < steps && steps < searched && searched < statistics)
    #expect(lines[statistics + 1].hasPrefix("  states "))
  }

  @Test func onlyOneIsSingular() throws {
    let text = try Self.lines([
      "map-unmap", "--cpus", "1", "--slots", "1", "--frames", "1",
    ]).joined(separator: "\n")
    #expect(
      text.contains("1 CPU, 1 slot, 1 frame besides the root, 1 IOMMU, 1 PASID")
    )
    let two = try Self.lines(["map-unmap", "--frames", "2"])
    #expect(two.contains { $0.contains("2 frames besides the root") })
  }

  @Test func figuresAreRoundedAndLinesFit() throws {
    let lines = try Self.lines(["map-unmap"])
    for line in lines {
      #expect(line.count <= 80)
      #expect(line.firstMatch(of: /\.\d{3}/) == nil)
    }
    #expect(
      lines.contains { $0.firstMatch(of: /about \de-\d+ collisions/) != nil })
  }

  @Test func quietIsTheScenarioAndTheVerdict() throws {
    let run = try ToolRun(["check", "map-unmap", "--quiet"])
    #expect(run.status == 0)
    #expect(
      run.output
        == """
        map-unmap: map and unmap
          Safe: every interleaving within these bounds was searched.

        """)
  }

  /// The last step is a store that is no event of the protocol.
  @Test func everyStepIsInWords() throws {
    let object = try ToolRun(["check", "queues-before-clear", "--json"])
      .object()
    let steps = (object["timeline"] as? [[String: Any]] ?? [])
      .compactMap { $0["step"] as? String }
    #expect(steps.last == "writes a descriptor")
  }

  @Test func theCatalogueSaysWhetherAllIsAsExpected() {
    #expect(
      CheckCommand.summary(surprises: 0)
        .hasSuffix("every verdict is as expected"))
    #expect(
      CheckCommand.summary(surprises: 1).hasSuffix("1 verdict not as expected"))
  }
}
