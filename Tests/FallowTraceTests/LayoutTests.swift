// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowTrace

/// The layouts that options of the tracers and tools print, line by line.
@Suite struct LayoutTests {
  /// Every one is the same event: at 1.5 s, on CPU 1, of task 251.
  @Test(arguments: [
    // ftrace: irq-info off, record-tgid.
    "  mod-251     [001]     1.500000: kpt_work: (f+0x4/0x110)",
    "  mod-251     (    251) [001] d.Z1.     1.500000: kpt_work: (f+0x4)",
    // latency-format, and with verbose.
    "     mod-251       1d.Z1. 1500000us+: kpt_work: (f+0x4/0x110)",
    "mod [1] -251       1..... 1500000us : kpt_work: (f+0x4/0x110)",
    "  mod     251   1 0 00000000 0000001a [0016e360] 0.100ms (+0.001ms): "
      + "kpt_work: (f+0x4/0x110)",
    // fields.
    "  mod-251     [001] .....     1.500000: kpt_work: "
      + "__probe_ip=kernel_pgtable_work_func+0x4/0x110 (-1464517948)",
    // function_graph.
    "     1.500000 |   1)    mod-251    |               |  "
      + "/* kpt_work: (f+0x4/0x110) */",
    // trace-cmd report: -t, -l, --ts-diff.
    "  mod-251   [001]     1.500000000: kpt_work:   (ffffffff98b73564)",
    "     mod-251     1.....     1.500000: kpt_work:   (ffffffff98b73564)",
    "  mod-251   [001] ..... 1.500000: (+37)    kpt_work:  (ffffffff98b7)",
    // perf script: --ns, -F in several ways.
    " mod   251 [001]     1.500000000:   pgt:kpt_work: (ffffffff98b73564)",
    " mod   7/251   [001]     1.500000:    pgt:kpt_work: (ffffffff98b73564)",
    " mod   251 [001]     1.500000:      1   pgt:kpt_work: (ffffffff98b7)",
    " mod   251 [001] 2026-11-26 06:31:23.123456     1.500000:  "
      + "pgt:kpt_work: (ffffffff98b7)",
  ])
  func isRead(_ line: String) {
    let outcome = Outcome(TraceReader(text: line + "\n"))
    #expect(
      outcome.events == [
        TraceEvent(
          time: 1_500_000_000, cpu: 1, task: 251, payload: .workerStart)
      ])
    #expect(outcome.summary?.malformed == 0)
    #expect(outcome.summary?.clock == .nanoseconds)
  }

  @Test(arguments: [
    "  mod-251     [001] .....         1500: kpt_work: (f+0x4/0x110)",
    "     mod-251       1d.Z1. 1500: kpt_work: (f+0x4/0x110)",
    "  mod     251   1 0 00000000 0000001a [00000000000005dc] 100 (+7): "
      + "kpt_work: (f+0x4/0x110)",
  ])
  func ticksAreNoTime(_ line: String) throws {
    let outcome = Outcome(TraceReader(text: line + "\n"))
    #expect(outcome.events.map(\.time) == [1500])
    #expect(outcome.summary?.clock == .ticks)
    let report = try RecordedReport.read(TraceReader(text: line + "\n"))
    #expect(report.doubts.contains(.clockHasNoUnit))
  }

  /// perf prints no CPU if it is not asked for, and -1 where there is no task.
  @Test func fieldsMayBeMissing() {
    let outcome = Outcome(
      TraceReader(
        text: """
           mod 251/251     1.500000:   pgt:kpt_work: (ffffffff98b73564)
           :-1     -1 [001]     1.600000:   pgt:kpt_work: (ffffffff98b73564)
           :-1   -1/-1     1.700000:   pgt:kpt_work: (ffffffff98b73564)

          """))
    #expect(outcome.events.map(\.task) == [251, -1, -1])
    #expect(outcome.events.map(\.cpu) == [0, 1, 0])
    #expect(outcome.summary?.format == .perfScript)
  }

  @Test(arguments: [
    " mod-251 [001] ..... 1.5: do_idle <-cpu_startup_entry",
    " mod-251 [001] ..... 1.5: <stack trace>", " => __free_pages",
    " mod-251 [001] 1.5: kernel_stack:         <stack trace >",
    "=> __mmdrop (ffffffff98782c99)",
    "\tffffffff98b73565 __free_pages+0x5 ([kernel.kallsyms])",
    " 1)               |  do_idle() {", " 0)   0.123 us    |  }",
    " ------------------------------------------",
    " 1)    bash-117    =>    seq-250    ",
  ])
  func otherLinesAreIgnored(_ line: String) {
    let good = "  a-1 [000] ..... 1.000000: kpt_work: (f+0x4/0x110)\n"
    let outcome = Outcome(TraceReader(text: good + line + "\n"))
    #expect(outcome.summary?.malformed == 0)
    #expect(outcome.summary?.ignored == 1)
    #expect(outcome.events.count == 1)
  }

  @Test(arguments: [
    ("194 0 83124726123 type: 1234", UnreadableOption.raw),
    ("000000c2 00000000 000000135afb12ab type: 1234", .hex),
    ("kpt_work: (kernel_pgtable_work_func+0x4/0x110)", .noContextInfo),
    (
      " 0)               |  /* kpt_work: (f+0x4/0x110) */",
      .functionGraphWithoutTime
    ),
    (" mod 251 [001] pgt:kpt_work: (ffffffff98b7)", .perfWithoutTime),
    (" mod  1.500000: pgt:kpt_work: (ffffffff98b7)", .perfWithoutTask),
  ])
  func whatSaysTooLittleIsRefusedByName(
    _ line: String, _ option: UnreadableOption
  ) {
    let outcome = Outcome(TraceReader(text: "# tracer: x\n" + line + "\n"))
    #expect(
      outcome.error == .unreadable(path: "text", line: 2, option: option))
  }

  /// Where the tracer names no task, the line before that does counts.
  @Test func functionGraphFollowsTheTasks() {
    let outcome = Outcome(
      TraceReader(
        text: """
          # tracer: function_graph
              1.100000 |   1)               |  /* kpt_work: (f+0x4) */
           ------------------------------------------
           1)    bash-117    =>    seq-250
           ------------------------------------------

              1.200000 |   1)               |  /* kpt_work: (f+0x4) */
              1.300000 |   0)               |  do_idle() {
              1.400000 |   0)               |  /* kpt_work: (f+0x4) */

          """))
    #expect(outcome.events.map(\.task) == [-2, 250, -1])
    #expect(outcome.summary?.format == .ftrace)
    #expect(outcome.summary?.malformed == 0)
  }

  @Test func timesSinceTheEventBeforeAreRefused() {
    let times = [0, 12, 3, 40, 7, 2, 9, 1, 30, 5, 8, 2, 2, 11, 4, 6, 1, 3]
    let text = times.map {
      " mod 251 [001] 0.0000\($0 < 10 ? "0" : "")\($0): pgt:kpt_work: (ff)\n"
    }
    #expect(
      Outcome(TraceReader(text: text.joined())).error
        == .unreadable(path: "text", line: 1, option: .perfDeltaTime))
  }

  /// A field goes by the name of the argument that it holds, in any kernel.
  @Test func descriptorsHaveSeveralNames() {
    let outcome = Outcome(
      TraceReader(
        text: """
            a-1 [000] ..... 1.000000: kpt_free: (f) pt=0x40 caller=cpa_flush
            a-1 [000] ..... 1.000001: kpt_listed: (f) page=0x40
            a-1 [000] ..... 1.000002: kpt_page_free: (f) ptdesc=0x40 order=0

          """))
    let site = CallSite(symbol: .cpaFlush, offset: 0)
    #expect(
      outcome.events.map(\.payload) == [
        .tableFree(descriptor: 64, flags: 0, caller: site),
        .listed(descriptor: 64), .release(descriptor: 64, order: 0),
      ])
  }

  /// `fields` prints symbols for some addresses, and decimals beside all.
  @Test func fieldsOfTheOptionFields() {
    let outcome = Outcome(
      TraceReader(
        text: """
            a-1 [000] ..... 1.000000: pmd_free: __probe_ip=f+0x0/0x7 (-14) \
          addr=g+0x0/0x10 [netfs] (-1067450368) entry=0x8 (8) value=0x9 (9)
            a-1 [000] ..... 1.000001: alloc_vmap_area: addr=0x40 (64) \
          size=0x10 (16) failed=0x0 (0)
            a-1 [000] ..... 1.000002: workqueue_queue_work: work=w+0x18/0x120 \
          (-143) function=kernel_pgtable_work_func+0x0/0x110 (-146)
            a-1 [000] ..... 1.000003: pmd_free: addr=g+0x1 entry=0x8 value=0x9

          """))
    #expect(
      outcome.events.map(\.payload) == [
        .pmdFree(address: 0xFFFF_FFFF_C060_0000, entry: 8, value: 9),
        .areaAllocated(start: 64, size: 16, failed: false), .workQueued,
      ])
    #expect(outcome.summary?.malformed == 1)
  }

  @Test func theMissingFieldIsNamed() {
    let outcome = Outcome(
      TraceReader(
        text: """
            a-1 [000] ..... 1.000000: kpt_work: (f)
            a-1 [000] ..... 1.000000: kpt_free: (f) x=0x40 caller=cpa_flush

          """))
    #expect(outcome.summary?.firstMissingField == "kpt_free: ptdesc")
    #expect(outcome.summary?.firstMalformedLine == 2)
  }
}
