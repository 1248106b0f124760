// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `fallow audit` as its users meet it: status, output, object, errors.
@Suite struct AuditCommandTests {
  /// A recording whose probes are all set.
  private static let heading = """
    # fallow record 1
    # kernel 7.3-test
    # probe kpt_free
    # probe kpt_work
    # probe kpt_work_ret
    # probe kpt_splice
    # probe kva_inval
    # probe kva_inval_ret
    # probe kpt_page_free
    # probe now_free

    """

  private static let ending = "# lost 0\n# list empty\n# end\n"

  private static func table(named: String) -> String {
    let seen = "type=0x0 refs=1 va=0xffffffffc0600000 level=1 named=\(named)"
    let events = [
      "insmod-9: kpt_free: seq=0 ptdesc=0x40 flags=0x0 caller=f+0x1 \(seen)",
      "kworker/0:1-7: kpt_work: seq=1", "kworker/0:1-7: kpt_splice: seq=2",
      "kworker/0:1-7: kva_inval: seq=3 start=0x0 end=0x1",
      "kworker/0:1-7: kva_inval_ret: seq=4",
      "kworker/0:1-7: kpt_page_free: seq=5 page=0x40 order=0 \(seen)",
      "kworker/0:1-7: kpt_work_ret: seq=6",
    ]
    return events.enumerated().map { index, event in
      let parts = event.split(separator: ": ", maxSplits: 1)
      return " \(parts[0]) [000] 1.00000\(index)000: \(parts[1])\n"
    }.joined()
  }

  private static func recording(named: String) -> String {
    heading + table(named: named) + ending
  }

  @Test func everyRuleHeldGivesZero() throws {
    let run = try ToolRun(["audit", "-"], input: Self.recording(named: "no"))
    #expect(run.status == 0)
    #expect(run.output.contains("every rule held"))
    #expect(run.errors.isEmpty)
  }

  @Test func aBrokenRuleGivesOne() throws {
    for arguments in [["audit", "-"], ["audit", "--allow-unjudged", "-"]] {
      let run = try ToolRun(arguments, input: Self.recording(named: "yes"))
      #expect(run.status == 1)
      #expect(run.output.contains("VIOLATED"))
      #expect(run.output.contains("The worst case: releasedWhileNamed"))
    }
  }

  @Test func aRuleThatIsNotJudgedGivesThree() throws {
    let sample = ToolRun.sample("modprobe-2cpu.trace.txt")
    #expect(try ToolRun(["audit", sample]).status == 3)
    let allowed = try ToolRun(["audit", "--allow-unjudged", sample])
    #expect(allowed.status == 0)
    #expect(!allowed.output.contains("every rule held"))
  }

  @Test(arguments: ["", "nonsense\n", "# fallow record 1\n"])
  func anUnusableRecordingGivesTwo(text: String) throws {
    let run = try ToolRun(["audit", "-"], input: text)
    #expect(run.status == 2)
    #expect(run.output.isEmpty)
    #expect(run.errors.hasPrefix("fallow: standard input: "))
  }

  @Test func aRecordingOfALaterVersionIsRefused() throws {
    let text = Self.recording(named: "no")
      .replacingOccurrences(of: "record 1", with: "record 2")
    let run = try ToolRun(["audit", "-"], input: text)
    #expect(run.status == 2)
    #expect(run.errors.contains("version 2"))
  }

  @Test func theObjectHasItsKeys() throws {
    let run = try ToolRun(
      ["audit", "--json", "-"], input: Self.recording(named: "yes"))
    let object = try run.object()
    func keys(_ value: Any?) -> Set<String> {
      Set((value as? [String: Any] ?? [:]).keys)
    }
    #expect(keys(object) == ["trace", "rules", "sites", "cost"])
    #expect(
      keys(object["trace"]) == ["format", "kernel", "events", "lost", "gaps"])
    let rules = object["rules"] as? [[String: Any]] ?? []
    #expect(
      rules.map { $0["name"] as? String } == [
        "queuedBeforeCleared", "namedAtInvalidation", "releasedWhileNamed",
        "releasedWithoutInvalidation", "pastTheQueue", "destructorNotRun",
        "doubleRelease", "neverReleased", "overlappingRuns",
      ])
    for rule in rules {
      #expect(keys(rule) == ["name", "verdict", "count", "reason", "first"])
    }
    let sites = object["sites"] as? [[String: Any]] ?? []
    #expect(
      sites.map(keys) == [
        [
          "site", "route", "pages", "cleared", "named", "unknown",
          "worstWaitNanoseconds", "stacks",
        ]
      ])
    #expect(sites.first?["route"] as? String == "queued")
  }
}
