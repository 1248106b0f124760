// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `fallow check --checkpoint` and `--continue`.
@Suite struct CheckpointCommandTests {
  @Test func whatWasKeptIsContinuedByTheSameSearchAlone() throws {
    let file = NSTemporaryDirectory() + "fallow-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: file) }
    let search = ["check", "map-unmap", "--slots", "2", "--json"]
    let one = try ToolRun(
      search + ["--checkpoint", file, "--checkpoint-interval", "0"])
    let again = try ToolRun(search + ["--continue", file])
    #expect(one.status == 0 && again.status == 0)
    for key in ["states", "transitions", "renamings", "diameter"] {
      let value = try one.object()[key] as? Int
      let other = try again.object()[key] as? Int
      #expect(value != nil && value == other)
    }
    for (options, reason) in [
      (["--slots", "1"], "slots is 2 there, and 1 here"),
      (["--slots", "2", "--seed", "7"], "seed is 1 there, and 7 here"),
    ] {
      let run = try ToolRun(
        ["check", "map-unmap", "--continue", file] + options)
      #expect(run.status == 2)
      #expect(run.output.isEmpty)
      #expect(run.errors.contains(reason) && run.errors.contains(file))
    }
  }

  @Test(arguments: [
    ["map-unmap", "--continue", "/no/such/file"],
    ["map-unmap", "--checkpoint", "a", "--continue", "a"],
    ["map-unmap", "--checkpoint-interval", "3"],
    ["map-unmap", "--checkpoint", "a", "--checkpoint-interval", "-1"],
    ["map-unmap", "--checkpoint", "a", "--random", "pct"],
    ["map-unmap", "--checkpoint", "a", "--exact"], ["--checkpoint", "a"],
  ])
  func misuseGivesTwo(arguments: [String]) throws {
    let run = try ToolRun(["check"] + arguments)
    #expect(run.status == 2)
    #expect(!run.errors.isEmpty && run.output.isEmpty)
  }
}
