// SPDX-License-Identifier: Apache-2.0

import FallowReport
import Foundation
import Testing

@testable import FallowTool

/// What `fallow replay` and `fallow audit` print for a person.
@Suite struct OutputTests {
  private static let sample = ToolRun.sample("modprobe-2cpu.trace.txt")

  @Test func aReplayBeginsWithTheVerdictsAndEndsWithTheFigures() throws {
    let run = try ToolRun(["replay", "--dma", "3000", Self.sample])
    let lines = run.output.split(separator: "\n").map(String.init)
    #expect(lines.first == Self.sample + ": 4,905 events, read as ftrace")
    #expect(
      lines.dropFirst().prefix(3).map { $0.prefix { $0 != ":" } }
        == ["immediate", "upstream", "fallow"])
    #expect(lines.last?.hasPrefix("tables left pending") == true)
  }

  @Test func addressesAreHexadecimal() throws {
    let run = try ToolRun(["replay", "--dma", "3000", Self.sample])
    #expect(run.output.contains(/asks for 0x[0-9a-f]{16}, PASID 1/))
    #expect(run.output.contains(/leads to frame 0x[0-9a-f]+ as before/))
  }

  @Test func quietIsALineForEachScheme() throws {
    let run = try ToolRun(["replay", "--quiet", "--dma", "3000", Self.sample])
    #expect(run.status == 0)
    #expect(
      run.output.split(separator: "\n").map { $0.prefix { $0 != ":" } }
        == ["immediate", "upstream", "fallow"])
  }

  @Test func aQuietAuditIsWhatWasNotKeptAndTheVerdict() throws {
    let run = try ToolRun(["audit", "--quiet", Self.sample])
    let lines = run.output.split(separator: "\n")
    #expect(run.status == 3)
    #expect(lines.dropLast().allSatisfy { $0.contains("not judged: ") })
    #expect(lines.last?.hasPrefix("Verdict: no rule seen broken") == true)
    #expect(lines.count == 3)
  }

  @Test(arguments: [
    ["check", "map-unmap", "--quiet", "--json"],
    ["replay", "--quiet", "--json", "x"],
    ["replay", "--quiet", "--recorded", "x"],
    ["replay", "--quiet", "--sweep", "bound=1", "x"],
    ["audit", "--quiet", "--json", "x"],
  ])
  func quietThatHasNothingToPrintIsRefused(_ arguments: [String]) throws {
    let run = try ToolRun(arguments)
    #expect(run.status == 2)
    #expect(run.output.isEmpty)
    #expect(run.errors.contains("--quiet"))
  }

  @Test(
    arguments: [
      (true, [:], true), (false, [:], false), (true, ["NO_COLOR": ""], true),
      (true, ["NO_COLOR": "1"], false),
    ] as [(Bool, [String: String], Bool)])
  func coloursAreForATerminalThatWantsThem(
    isTerminal: Bool, environment: [String: String], areOn: Bool
  ) {
    let colours = Terminal.colours(
      isTerminal: isTerminal, environment: environment)
    #expect(colours.text("x", .alarm).contains("\u{1B}") == areOn)
  }
}
