// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `fallow replay` as its users meet it: status, output, object, errors.
@Suite struct ReplayCommandTests {
  static let samples = [
    "modprobe-2cpu.trace.txt", "churn-2cpu.perf.txt",
    "hotplug-2cpu.trace.txt",
  ]

  @Test(arguments: samples)
  func aSampleIsReplayedUnderAllSchemes(_ name: String) throws {
    let run = try ToolRun([
      "replay", "--dma", "3000", ToolRun.sample(name),
    ])
    // `immediate` claims no safety; hot-unplug violates `upstream`, which does.
    #expect(run.status == (name.hasPrefix("hotplug") ? 1 : 0))
    #expect(run.errors.isEmpty)
    for word in ["immediate", "upstream", "fallow", "first stale walk"] {
      #expect(run.output.contains(word))
    }
    #expect(run.output.contains("exposure under it, not probabilities"))
    let blocks = run.output.components(separatedBy: "\n\n")
    let timeline = blocks.first { $0.hasPrefix("The first stale walk") }
    #expect(timeline.map { $0.split(separator: "\n").count } ?? 99 <= 12)
  }

  /// The same tables in the format Sv48, behind the other IOMMU.
  @Test func aSampleIsReplayedOnRISCV() throws {
    let run = try ToolRun([
      "replay", "--json", "--dma", "3000", "--iommu", "riscv",
      ToolRun.sample("modprobe-2cpu.trace.txt"),
    ])
    #expect(run.status == 0)
    let object = try run.object()
    #expect(object["iommu"] as? String == "riscv")
    let schemes = object["schemes"] as? [[String: Any]] ?? []
    #expect(
      schemes.map { $0["verdict"] as? String }
        == ["violated", "clear", "clear"])
    for scheme in schemes {
      #expect(scheme["tablesFreed"] as? Int ?? 0 > 0)
      #expect(scheme["walks"] as? Int ?? 0 > 0)
    }
    let refused = try ToolRun([
      "replay", "--iommu", "riscv", "--fail", "device",
      ToolRun.sample("modprobe-2cpu.trace.txt"),
    ])
    #expect(refused.status == 2)
    #expect(refused.errors.contains("--iommu vtd"))
  }

  @Test func theObjectHasItsKeys() throws {
    let run = try ToolRun([
      "replay", "--json", "--dma", "3000",
      ToolRun.sample("churn-2cpu.perf.txt"),
    ])
    let object = try run.object()
    func keys(_ value: Any?) -> Set<String> {
      Set((value as? [String: Any] ?? [:]).keys)
    }
    #expect(
      keys(object["trace"]).isSuperset(of: [
        "path", "format", "events", "ignored", "malformed", "outOfOrder",
      ]))
    #expect(
      keys(object["recorded"]).isSuperset(of: [
        "frees", "atOnce", "workerRuns", "pagesReleased",
        "releasedWithoutEnqueue", "leftPending", "maxPending", "batchSize",
        "queueTimeNanoseconds", "callers",
      ]))
    #expect(
      keys(object["placement"])
        == ["exact", "neverLinked", "synthetic", "unknown"])
    let schemes = object["schemes"] as? [[String: Any]] ?? []
    #expect(
      schemes.map { $0["name"] as? String }
        == ["immediate", "upstream", "fallow"])
    for scheme in schemes {
      #expect(
        keys(scheme).isSuperset(of: [
          "name", "claimsSafety", "verdict", "reasons", "tablesFreed",
          "invalidationRequests",
          "descriptors", "waits", "waitedNanoseconds",
          "invalidationsPerFreedTable", "deviceRequests", "walks",
          "cacheHits", "walksThroughQuarantined", "staleReads",
          "staleWrites", "staleAccesses", "maxPending", "parked",
          "queueTimeNanoseconds",
        ]))
      #expect(keys(scheme["queueTimeNanoseconds"]) == ["p50", "p99", "max"])
    }
    #expect(keys(object["firstStaleWalk"]).contains("walker"))
  }

  @Test func recordedDrivesNothing() throws {
    let run = try ToolRun([
      "replay", "--recorded", "--json",
      ToolRun.sample("churn-2cpu.perf.txt"),
    ])
    let object = try run.object()
    #expect(run.status == 0)
    #expect((object["schemes"] as? [Any])?.isEmpty == true)
    #expect(object["firstStaleWalk"] is NSNull)
  }

  @Test func standardInputIsADash() throws {
    let text = try String(
      contentsOfFile: ToolRun.sample("hotplug-2cpu.trace.txt"), encoding: .utf8)
    let run = try ToolRun(["replay", "--recorded", "-"], input: text)
    #expect(run.status == 0)
    #expect(run.output.contains("658 events"))
  }

  @Test func theSameSeedPrintsTheSame() throws {
    let sample = ToolRun.sample("churn-2cpu.perf.txt")
    func run(_ seed: String) throws -> String {
      try ToolRun([
        "replay", "--json", "--dma", "3000", "--seed", seed, sample,
      ]).output
    }
    let first = try run("7")
    #expect(try run("7") == first)
    #expect(try run("8") != first)
  }

  @Test(arguments: [
    (["replay"], "file"),
    (["replay", "nowhere.txt"], "nowhere.txt"),
    (["replay", "/"], "directory"),
    (["replay", "--bound", "1025", "x"], "--bound"),
    (["replay", "--window", "-1", "x"], "--window"),
    (["replay", "--limit", "0", "x"], "--limit"),
    (["replay", "--fail", "weather", "x"], "--fail"),
    (["replay", "--fail", "late:2", "x"], "--fail"),
    (["replay", "--iommus", "33", "x"], "--iommus"),
    (["replay", "--scheme", "linux", "x"], "linux"),
    (["replay", "--dma", "-1", "x"], "--dma"),
    (["replay", "--nonsense", "x"], "nonsense"),
    (["fly"], "fly"),
  ])
  func misuseIsToldAndStatusTwo(
    _ arguments: [String], _ word: String
  ) throws {
    let run = try ToolRun(arguments)
    #expect(run.status == 2)
    #expect(run.output.isEmpty)
    #expect(run.errors.contains(word))
  }

  @Test(arguments: ["", "not a trace\n", "# tracer: nop\n#\n"])
  func inputWithoutEventsIsToldAndStatusTwo(_ text: String) throws {
    let run = try ToolRun(["replay", "-"], input: text)
    #expect(run.status == 2)
    #expect(run.output.isEmpty)
    #expect(run.errors.hasPrefix("fallow: standard input: "))
  }

  @Test func helpGoesToStandardOutput() throws {
    let run = try ToolRun(["replay", "--help"])
    #expect(run.status == 0)
    #expect(run.errors.isEmpty)
    #expect(run.output.contains("xzcat FILE.xz | fallow replay -"))
  }

  /// A violation takes precedence over what is not judged, and that over clear
  /// verdicts; the comparison's own violation is no error.
  @Test(arguments: [
    ("churn-2cpu.perf.txt", ["--dma", "3000"], 0),
    ("churn-2cpu.perf.txt", ["--dma", "0"], 3),
    ("churn-2cpu.perf.txt", ["--dma", "0", "--allow-unjudged"], 0),
    ("churn-2cpu.perf.txt", ["--scheme", "immediate", "--dma", "3000"], 0),
    ("hotplug-2cpu.trace.txt", ["--dma", "0"], 1),
    ("hotplug-2cpu.trace.txt", ["--scheme", "fallow", "--dma", "3000"], 0),
    ("hotplug-2cpu.trace.txt", ["--recorded"], 0),
  ])
  func theStatusIsTheVerdicts(
    _ name: String, _ options: [String], _ status: Int32
  ) throws {
    let run = try ToolRun(["replay"] + options + [ToolRun.sample(name)])
    #expect(run.status == status)
    #expect(run.errors.isEmpty)
  }

  /// What is missing is said in the text and in the object, and no scheme is
  /// called clear.
  @Test func whatIsMissingIsSaid() throws {
    let text = try String(
      contentsOfFile: ToolRun.sample("churn-2cpu.perf.txt"), encoding: .utf8)
    let lines = text.split(separator: "\n").filter {
      !$0.contains("pgt:pmd_free:")
    }
    let input = lines.joined(separator: "\n") + "\n"
    let run = try ToolRun(["replay", "--dma", "3000", "-"], input: input)
    #expect(run.status == 3)
    #expect(run.output.contains("fallow: not judged: "))
    #expect(run.output.contains("from places that the recording does not name"))
    #expect(!run.output.contains("no walker used a freed table"))
    let object = try ToolRun(
      ["replay", "--json", "--dma", "3000", "-"], input: input
    ).object()
    let schemes = object["schemes"] as? [[String: Any]] ?? []
    #expect(
      schemes.map { $0["verdict"] as? String }
        == ["violated", "notJudged", "notJudged"])
    for scheme in schemes.dropFirst() {
      #expect((scheme["reasons"] as? [String])?.count == 1)
    }
  }

  @Test func withoutFreesNothingIsJudged() throws {
    let run = try ToolRun(
      ["replay", "-"],
      input: "  a-1 [000] ..... 1.000000: vmap: (f) start=1 end=2 shift=12\n")
    #expect(run.status == 3)
    #expect(run.output.contains("the recording frees no kernel table"))
    #expect(!run.output.contains("no walker used a freed table"))
  }

  @Test func anOptionThatSaysTooLittleIsNamed() throws {
    let run = try ToolRun(["replay", "-"], input: "kpt_work: (f+0x4/0x9)\n")
    #expect(run.status == 2)
    #expect(run.errors.contains("nocontext-info"))
  }

  @Test func filesAndPipesGetNoColours() throws {
    let run = try ToolRun([
      "replay", "--dma", "3000", ToolRun.sample("churn-2cpu.perf.txt"),
    ])
    #expect(!run.output.contains("\u{1B}"))
  }
}
