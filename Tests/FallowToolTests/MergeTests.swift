// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import FallowTool

/// `fallow merge` joins the shards of one work, all of them, and no others.
@Suite struct MergeTests {
  private static func member(
    _ index: Int, of count: Int = 3, file: String? = nil,
    _ change: (inout ShardHeading) -> Void = { _ in }
  ) throws -> ShardSet.Member {
    let text = """
      {"work": "catalogue", "index": \(index), "count": \(count), "items": 5,
       "version": "1", "settings": {"seed": "1", "memory": "2048"}}
      """
    var heading = try JSONDecoder().decode(
      ShardHeading.self, from: Data(text.utf8))
    change(&heading)
    let items = stride(from: index - 1, to: 5, by: count).map {
      JSONValue.object([
        "scenario": .string("s\($0)"), "asExpected": .bool($0 != 4),
      ])
    }
    return ShardSet.Member(
      file: file ?? "\(index).json", heading: heading, result: .array(items))
  }

  private static func members(
    _ indices: [Int]
  ) throws -> [ShardSet.Member] {
    try indices.map { try member($0) }
  }

  private func refusal(_ members: [ShardSet.Member]) -> String? {
    do throws(MergeError) {
      let set = try ShardSet(members)
      _ = try JoinedResult(set, allowsUnjudged: false)
      return nil
    } catch { return "\(error)" }
  }

  @Test func shardsAreJoinedInTheOrderOfOneProcess() throws {
    let joined = try JoinedResult(
      ShardSet(Self.members([3, 1, 2])),
      allowsUnjudged: false)
    #expect(
      joined.value.elements.compactMap { $0["scenario"].text }
        == ["s0", "s1", "s2", "s3", "s4"])
    #expect(joined.status == 1)
    #expect(joined.summary.hasSuffix("not as expected: s4"))
  }

  @Test func aShardThatIsMissingIsNamed() throws {
    #expect(
      try refusal(Self.members([1, 3]))?
        .hasPrefix("shard 2 of 3 is missing") == true)
    #expect(
      try refusal(Self.members([2]))?.hasPrefix("shards 1, 3 of 3 are missing")
        == true
    )
  }

  @Test func aShardThatIsThereTwiceIsNamed() throws {
    let members = try Self.members([1, 2, 3])
    let other = try Self.member(2, file: "other.json")
    #expect(
      refusal(members + [other])
        == "shard 2 is there twice: in 2.json and in other.json")
  }

  @Test(arguments: [
    "the version of fallow", "the number of shards", "the number of items",
    "seed", "memory", "the work",
  ])
  func shardsOfOtherWorkAreNamed(what: String) throws {
    let other = try Self.member(3) { heading in
      switch what {
      case "the version of fallow": heading.version = "9"
      case "the number of shards": heading.count = 4
      case "the number of items": heading.items = 6
      case "the work": heading.work = .executions
      case "memory": heading.settings["memory"] = nil
      default: heading.settings[what] = "7"
      }
    }
    let members = try Self.members([1, 2]) + [other]
    let reason = try #require(refusal(members))
    #expect(reason.hasPrefix("1.json and 3.json are not of one work: \(what) "))
  }

  @Test func aShardWithoutAllItsResultsIsNamed() throws {
    let short = try ShardSet.Member(
      file: "2.json", heading: Self.member(2).heading, result: .array([]))
    let others = try Self.members([1, 3])
    #expect(
      refusal(others + [short])
        == "2.json: it has 0 results of 2")
  }

  // MARK: The command

  private struct Folder {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("fallow-shards-\(UUID().uuidString)")

    init() throws {
      try FileManager.default.createDirectory(
        at: url, withIntermediateDirectories: true)
    }

    func write(_ text: String, to name: String) throws -> String {
      let file = url.appendingPathComponent(name)
      try Data(text.utf8).write(to: file)
      return file.path
    }

    func remove() { try? FileManager.default.removeItem(at: url) }
  }

  private func document(_ run: ToolRun) throws -> [String: JSONValue] {
    var values = try JSONDecoder().decode(
      JSONValue.self, from: Data(run.output.utf8)
    ).values
    values["seconds"] = nil
    values["transitionsPerSecond"] = nil
    return values
  }

  @Test(arguments: ["immediate", "fallow"])
  func executionsOfAllShardsAreThoseOfOneProcess(scheme: String) throws {
    let folder = try Folder()
    defer { folder.remove() }
    let common = [
      "check", "map-unmap", "--scheme", scheme, "--random", "uniform",
      "--runs", "40", "--json", "--seed", "5",
    ]
    let files = try (1...3).map { index in
      try folder.write(
        ToolRun(common + ["--shard", "\(index)/3"]).output, to: "\(index)")
    }
    let merged = try ToolRun(["merge", "--json"] + files.reversed())
    let whole = try ToolRun(common + ["--keep-going"])
    #expect(try document(merged) == document(whole))
    #expect(merged.status == whole.status)
    #expect(whole.status == (scheme == "fallow" ? 3 : 1))
  }

  @Test func combinationsOfAllShardsAreThoseOfOneProcess() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let common = [
      "replay", ToolRun.sample("hotplug-2cpu.trace.txt"), "--json", "--dma",
      "50", "--sweep", "bound=1,2", "iommus=1,2",
    ]
    let files = try (1...3).map { index in
      try folder.write(
        ToolRun(common + ["--shard", "\(index)/3"]).output, to: "\(index)")
    }
    let merged = try ToolRun(["merge", "--json"] + files)
    let whole = try ToolRun(common)
    #expect(try document(merged) == document(whole))
    #expect(merged.status == whole.status)
  }

  @Test func whatAKilledShardLeavesIsRefused() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let shard = try ToolRun([
      "check", "map-unmap", "--random", "pct", "--runs", "2", "--json",
      "--shard", "1/2",
    ]).output
    let whole = try folder.write(shard, to: "1.json")
    let empty = try folder.write("", to: "2.json")
    let half = try folder.write(String(shard.prefix(100)), to: "half.json")
    for (other, reason) in [
      (empty, "empty"), (half, "not all of it"), ("/no/such", "cannot read"),
    ] {
      let run = try ToolRun(["merge", whole, other])
      #expect(run.status == 2)
      #expect(run.output.isEmpty)
      #expect(run.errors.contains(other) && run.errors.contains(reason))
    }
  }

  @Test(arguments: [
    ["check", "--shard", "0/2", "--json"],
    ["check", "--shard", "3/2", "--json"],
    ["check", "--shard", "1", "--json"], ["check", "--shard", "1/2"],
    ["check", "map-unmap", "--shard", "1/2", "--json"],
    ["check", "--random", "pct"], ["check", "map-unmap", "--runs", "3"],
    ["check", "map-unmap", "--random", "uniform", "--depth", "3"],
    ["check", "map-unmap", "--random", "pct", "--runs", "0"],
    ["replay", "f", "--shard", "1/2", "--json"], ["merge"],
  ])
  func misuseGivesTwo(arguments: [String]) throws {
    let run = try ToolRun(arguments)
    #expect(run.status == 2)
    #expect(!run.errors.isEmpty && run.output.isEmpty)
  }
}
