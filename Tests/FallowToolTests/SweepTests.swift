// SPDX-License-Identifier: Apache-2.0

import Testing

/// `fallow replay --sweep` replays every combination once.
@Suite struct SweepTests {
  private static let sample = ToolRun.sample("hotplug-2cpu.trace.txt")

  @Test(arguments: [true, false])
  func everyCombinationIsReplayedOnce(fileComesLast: Bool) throws {
    let words = ["--sweep", "bound=1,2", "iommus=1,3", "window=0,100us,1ms"]
    let run = try ToolRun(
      ["replay", "--json", "--dma", "50"]
        + (fileComesLast ? words + [Self.sample] : [Self.sample] + words))
    let object = try run.object()
    #expect((object["schemes"] as? [Any])?.isEmpty == true)
    let results = object["sweep"] as? [[String: Any]] ?? []
    let points = results.map { result in
      let scheme = result["scheme"] as? [String: Any]
      return [
        scheme?["name"] as? String ?? "", "\(result["boundSpaces"] ?? "")",
        "\(result["iommus"] ?? "")", "\(result["windowNanoseconds"] ?? "")",
      ].joined(separator: " ")
    }
    // Only `fallow` has a window.
    #expect(points.count == 2 * 2 * (1 + 1 + 3))
    #expect(Set(points).count == points.count)
    #expect(points.contains("fallow 2 3 100000"))
  }

  @Test func aPointIsTheReplayWithItsValues() throws {
    let common = ["replay", "--json", "--dma", "50", "--scheme", "fallow"]
    let sweep = try ToolRun(
      common + [Self.sample, "--sweep", "bound=4", "window=2ms"]
    ).object()
    let single = try ToolRun(
      common + ["--bound", "4", "--window", "2ms", Self.sample]
    ).object()
    let results = sweep["sweep"] as? [[String: Any]] ?? []
    let schemes = single["schemes"] as? [[String: Any]] ?? []
    #expect(results.count == 1 && schemes.count == 1)
    let swept = results.first?["scheme"] as? [String: Any] ?? [:]
    for key in ["deviceRequests", "tablesFreed", "invalidationRequests"] {
      let value = swept[key] as? Int
      #expect(value != nil && value == schemes.first?[key] as? Int)
    }
  }

  @Test func theTextHasARowForEachCombination() throws {
    let run = try ToolRun([
      "replay", "--dma", "50", "--scheme", "upstream", Self.sample,
      "--sweep", "iommus=1,2,4",
    ])
    let rows = run.output.split(separator: "\n")
      .filter { $0.hasPrefix("upstream ") }
    #expect(rows.count == 3)
    #expect(run.status == 1)
  }

  @Test(arguments: [
    (["bound=1,x", "f"], "bound"), (["bound=1,,2", "f"], "bound"),
    (["bound=1025", "f"], "bound"), (["iommus=0", "f"], "iommus"),
    (["window=1h", "f"], "window"), (["window=2000s", "f"], "window"),
    (["bound=1", "bound=2", "f"], "twice"),
    (["bound=1", "nonsense=2"], "nonsense=2"),
    (["speed=1", "bound=1", "f"], "speed=1"), (["bound="], "recording"),
  ])
  func misuseGivesTwo(words: [String], reason: String) throws {
    let run = try ToolRun(["replay", "--sweep"] + words)
    #expect(run.status == 2)
    #expect(run.output.isEmpty)
    #expect(run.errors.contains(reason))
  }
}
