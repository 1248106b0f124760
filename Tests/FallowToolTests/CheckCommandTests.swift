// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `fallow check` as it is called.
@Suite struct CheckCommandTests {
  @Test func aSafeScenarioSaysHowFarItLooked() throws {
    let run = try ToolRun(["check", "map-unmap", "--json"])
    let object = try run.object()
    #expect(run.status == 0)
    #expect(object["verdict"] as? String == "safe")
    #expect(object["exhaustive"] as? Bool == true)
    #expect((object["states"] as? Int ?? 0) > 500)
    #expect((object["timeline"] as? [Any])?.isEmpty == true)
  }

  @Test func aViolationHasATimelineAndAToken() throws {
    let run = try ToolRun([
      "check", "map-unmap", "--scheme", "immediate", "--json",
    ])
    let object = try run.object()
    #expect(run.status == 1)
    #expect(object["oracle"] as? String == "invalidationSkipped")
    #expect((object["timeline"] as? [Any])?.count == 8)
    let token = try #require(object["token"] as? String)
    let again = try ToolRun([
      "check", "map-unmap", "--scheme", "immediate", "--json", "--replay",
      token,
    ])
    #expect(again.status == 1)
    #expect(
      try again.object()["timeline"] as? NSArray
        == object["timeline"] as? NSArray)
    let other = try ToolRun(["check", "map-unmap", "--replay", token])
    #expect(other.status == 2)
  }

  @Test func theReportIsOneFile() throws {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("fallow-report-\(UUID().uuidString).html")
    defer { try? FileManager.default.removeItem(at: file) }
    let run = try ToolRun(["check", "immediate", "--report", file.path])
    #expect(run.status == 1)
    let page = try String(contentsOf: file, encoding: .utf8)
    #expect(page.contains("<svg") && page.contains("frame 1: free"))
    #expect(!page.contains("src=") && !page.contains("<script"))
  }

  @Test func aBoundThatIsMetSaysSo() throws {
    let run = try ToolRun([
      "check", "map-unmap", "--cpus", "2", "--slots", "2", "--memory", "1",
      "--json",
    ])
    #expect(run.status == 3)
    #expect(try run.object()["verdict"] as? String == "incomplete")
  }

  @Test(arguments: [
    ["check", "no-such-scenario"], ["check", "map-unmap", "--cpus", "9"],
    ["check", "--frames", "2"], ["check", "immediate", "--scheme", "fallow"],
  ])
  func whatCannotBeUsedIsRefused(arguments: [String]) throws {
    let run = try ToolRun(arguments)
    #expect(run.status == 2)
    #expect(!run.errors.isEmpty)
  }
}
