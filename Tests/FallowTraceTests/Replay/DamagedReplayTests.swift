// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowTrace

/// No recording, however damaged, stops a replay or violates the library's own
/// scheme.
///
/// `Scripts/check-mutations.py` tries many more.
@Suite struct DamagedReplayTests {
  /// A task's events that each ask for what the machine cannot do.
  @Test(arguments: [
    // Addresses outside the kernel half, and the whole of it.
    "pmd_free: (f) addr=0x1000 entry=8 value=9",
    "pud_free: (f) addr=0x7fffffffffffffff entry=8 value=9",
    "vmap: (f) start=0xffff800000000000 end=0xffffffffffffffff shift=12",
    "vmap_phys: (f) start=0xffff800000000000 end=0xfffff00000000000 phys=7 "
      + "shift=30",
    "cpa_split: (f) addr=0x0 page=0x40 level=3 entry=8",
    "cpa_collapse: (f) addr=0xffffffffffffffff ret=2 pt=0 pt2=0",
    "hot_unmap: (f) start=0xffff800000000000 end=0xffffffffffffffff direct=1",
    "hot_map: (f) start=0 end=0xffffffffffffffff",
    // A table that is handed over, listed and released twice.
    "kpt_free: (f) ptdesc=0x40 flags=0 caller=nobody",
    "kpt_free: (f) ptdesc=0x40 flags=0 caller=__pte_alloc_kernel",
    "kpt_listed: (f) ptdesc=0x40", "kpt_page_free: (f) page=0x40 order=63",
  ])
  func whatCannotBeIsLeftOut(_ event: String) throws {
    var text = ""
    for (number, cpu) in [0, 3, 999_999].enumerated() {
      text += "a-1 [\(cpu)] ..... 1.00000\(number): kpt_work: (f)\n"
      text += "a-1 [\(cpu)] ..... 1.00000\(number): \(event)\n"
      text += "a-1 [\(cpu)] ..... 1.00000\(number): kpt_work_ret: (f)\n"
    }
    let recording = try Recording(TraceReader(text: text))
    #expect(recording.events.count == 9)
    for result in Replayed.all(recording, Replayed.options).map(\.result) {
      #expect(result.verdict != .violated)
    }
  }

  @Test func collapsesOfOneTableAreEachReplayed() throws {
    var text = TraceText(.ftrace)
    for window in 0..<3 {
      text.add(
        "cpa_collapse",
        "addr=0xffffffffc0\(window * 2)00000 ret=1 pt=0x48 pt2=0",
        microseconds: 10 + window)
    }
    text.add(
      "kpt_free", "ptdesc=0x40 flags=0 caller=cpa_flush", microseconds: 20)
    let recording = try Recording(TraceReader(text: text.text))
    for result in Replayed.all(recording, Replayed.options).map(\.result) {
      #expect(result.tablesFreed == 3)
      #expect(result.departures.leftOut == 2)
    }
  }

  @Test func everyEntryOfTheRootMayBeTaken() throws {
    var text = TraceText(.ftrace)
    for entry in 0..<256 as Range<UInt64> {
      let start = 0xFFFF_8000_0000_0000 + entry << 39
      text.add(
        "vmap", "start=\(start) end=\(start + 8192) shift=12",
        microseconds: Int(entry))
    }
    text.add("kpt_free", "ptdesc=64 flags=0 caller=nobody", microseconds: 999)
    let recording = try Recording(TraceReader(text: text.text))
    let result = Replayed.fallow(recording, Replayed.options).result
    #expect(result.departures.leftOut == 1)
    #expect(result.verdict == .notJudged)
  }

  /// A long pause costs no simulated requests; time that steps back goes on.
  @Test func timesMayJump() {
    let events = [5, 4_000_000_000_000_000_000, 7, 8].map {
      TraceEvent(time: $0, cpu: 0, task: 1, payload: .workerStart)
    }
    let clock = ReplayClock(of: events)
    let pause = ReplayClock.longestPause
    let times = events.enumerated().map { clock.time($1.time, at: $0) }
    #expect(times == [5, 5 + pause, 5 + pause, 6 + pause])
    #expect(clock.first == 5 && clock.last == 6 + pause)
    #expect(clock.omitted == 4_000_000_000_000_000_000 - 5 - pause)
    #expect(clock.recorded(5) == 5)
    #expect(clock.recorded(6 + pause) == 8)
  }

  @Test func processorsAreNumberedByThoseThatAreNamed() {
    let cpus = RecordedCPUs(
      of: [7, 3, 999_999, 3].map {
        TraceEvent(time: 0, cpu: $0, task: 1, payload: .workerStart)
      })
    #expect(cpus.count == 3)
    #expect([3, 7, 999_999].map(cpus.simulated) == [0, 1, 2])
    #expect([0, 1, 2].map(cpus.recorded) == [3, 7, 999_999])
  }
}
