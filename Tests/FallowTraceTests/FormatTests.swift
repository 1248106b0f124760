// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowTrace

/// The three formats say the same, and are recognised by content.
@Suite struct FormatTests {
  static func story(in format: TraceFormat) -> String {
    var text = TraceText(format)
    text.add(
      "vmalloc:alloc_vmap_area",
      "va_start: 18446694847121063936 size=20480 align=16384 "
        + "vstart=0xffffd33a80000000 vend=0xfffff33a7fffffff failed=0",
      microseconds: 1_000_001, isProbe: false)
    text.add(
      "pgt:vmap_phys", "start=0x200000 end=0x400000 phys=0x118000000 shift=21",
      microseconds: 1_000_002)
    text.add(
      "pgt:pmd_free", "addr=0x200000 entry=0x38 value=0x10584f067",
      microseconds: 1_000_003)
    text.add(
      "pgt:kpt_free",
      "ptdesc=0xfffff78c84131400 flags=0x17ffffc0000000 "
        + "caller=pmd_free_pte_page+0xbf",
      microseconds: 1_000_004)
    text.add(
      "pgt:kpt_listed", "ptdesc=0xfffff78c84131400", microseconds: 1_000_005)
    text.add(
      "workqueue:workqueue_queue_work",
      "work struct=0xffffffff843c97b8 function=kernel_pgtable_work_func "
        + "workqueue=events req_cpu=8192 cpu=0",
      microseconds: 1_000_006, isProbe: false)
    text.add(
      "workqueue:workqueue_execute_start",
      "work struct 0xffffffff843c97b8: function kernel_pgtable_work_func",
      microseconds: 1_000_007, command: "kworker/0:1", task: 11, isProbe: false)
    text.add("pgt:kpt_work", microseconds: 1_000_008, task: 11)
    text.add("sched:sched_switch", "prev_comm=a", microseconds: 1_000_009)
    text.add(
      "pgt:kpt_page_free",
      "page=0xfffff78c84131400 order=0 ret=0xffffffff8273a0fe",
      microseconds: 1_000_010, task: 11)
    return text.text
  }

  @Test func formatsAgree() throws {
    let outcomes = TraceFormat.allCases.map {
      Outcome(TraceReader(text: Self.story(in: $0)))
    }
    for (format, outcome) in zip(TraceFormat.allCases, outcomes) {
      #expect(outcome.error == nil)
      #expect(outcome.summary?.format == format)
      #expect(outcome.summary?.events == 9)
      #expect(outcome.summary?.ignored == 1)
      #expect(outcome.summary?.malformed == 0)
      #expect(outcome.events == outcomes[0].events)
    }
    #expect(
      outcomes[0].events.map(\.payload) == [
        .areaAllocated(
          start: 18_446_694_847_121_063_936, size: 20480, failed: false),
        .vmapPhysical(
          start: 0x200000, end: 0x400000, phys: 0x1_1800_0000, shift: 21),
        .pmdFree(address: 0x200000, entry: 0x38, value: 0x1_0584_F067),
        .tableFree(
          descriptor: 0xFFFF_F78C_8413_1400, flags: 0x17_FFFF_C000_0000,
          caller: CallSite(symbol: .pmdFreePTEPage, offset: 0xBF)),
        .listed(descriptor: 0xFFFF_F78C_8413_1400), .workQueued, .workStarted,
        .workerStart,
        .release(descriptor: 0xFFFF_F78C_8413_1400, order: 0),
      ])
    #expect(outcomes[0].events.first?.time == 1_000_001_000)
    #expect(outcomes[0].events.last?.task == 11)
  }

  @Test(arguments: [
    (
      "  bash-118     [001] .....    12.000001: kpt_work: (f+0x4/0x9)", "ftrace"
    ),
    ("  bash-118  (    118) [001] d..2.  12.000001: kpt_work: (f)", "ftrace"),
    ("  bash-118  (-------) [001] d..2.  12.000001: kpt_work: (f)", "ftrace"),
    ("  <idle>-118   [001] dNh3  12.000001: kpt_work: (f+0x4/0x90)", "ftrace"),
    ("  a [9] b-118  [001]    12.000001: kpt_work: (f)", "trace-cmd-report"),
    ("  bash-118     [001]  12.000001000: kpt_work:   (f)", "trace-cmd-report"),
    ("x y-z   118 [001] 12.000001000: pgt:kpt_work: (ff)", "perf-script"),
    ("bash   118/118 [001] 12.000001: pgt:kpt_work: (ff)", "perf-script"),
    ("bash   118 [001] 12.000001:  kpt_work: ", "perf-script"),
  ])
  func frontsOfLines(line: String, format: String) throws {
    let outcome = Outcome(TraceReader(text: line + "\n"))
    #expect(outcome.summary?.format.rawValue == format)
    #expect(
      outcome.events == [
        TraceEvent(
          time: 12_000_001_000, cpu: 1, task: 118, payload: .workerStart)
      ])
  }

  @Test func eventsOfPerfItselfAreIgnored() {
    let text = "bash   118 [001] 12.000001:  cpu-clock: \n"
    #expect(Outcome(TraceReader(text: text)).summary?.ignored == 1)
  }

  @Test func tracefsWithoutFlagsIsTracefs() {
    let text = """
      # tracer: nop
        bash-118     [001]     12.000001: kpt_work: (f+0x4/0x90)

      """
    #expect(Outcome(TraceReader(text: text)).summary?.format == .ftrace)
  }

  @Test func linesOfAnotherFormatAreMalformed() {
    let text =
      Self.story(in: .traceCmdReport)
      + "bash   118 [001] 12.000001:  kpt_work: \n"
    let summary = Outcome(TraceReader(text: text)).summary
    #expect(summary?.malformed == 1)
    #expect(summary?.firstMalformedLine == 12)
  }

  @Test func otherWorkIsIgnored() {
    var text = TraceText(.ftrace)
    text.add(
      "workqueue_execute_end", "work struct 00000000ef8ffdab: function other",
      microseconds: 1, isProbe: false)
    text.add(
      "workqueue_execute_end", "work struct 00000000ef8ffdab:",
      microseconds: 1, isProbe: false)
    text.add(
      "workqueue_queue_work", "function=kernel_pgtable_work_func2 cpu=1",
      microseconds: 1, isProbe: false)
    let outcome = Outcome(TraceReader(text: text.text))
    #expect(outcome.summary?.ignored == 2)
    #expect(outcome.summary?.malformed == 1)
  }
}
