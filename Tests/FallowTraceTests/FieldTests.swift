// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowTrace

/// Fields are found by name, and their values read or refused.
@Suite struct FieldTests {
  private func payload(_ name: String, _ fields: String) -> TraceEvent.Payload?
  {
    var text = TraceText(.ftrace)
    text.add(name, fields, microseconds: 1)
    return Outcome(TraceReader(text: text.text)).events.first?.payload
  }

  @Test func anyOrderAndFurtherFields() {
    let expected = TraceEvent.Payload.vmap(start: 16, end: 32, shift: 12)
    #expect(payload("vmap", "start=0x10 end=0x20 shift=12") == expected)
    #expect(payload("vmap", "shift=12 end=0x20 start=0x10") == expected)
    #expect(
      payload("vmap", "xstart=9 end=0x20 a=0x1 start=0x10 b shift=12")
        == expected)
    #expect(payload("vmap", "start=16 end=32 shift=0xC") == expected)
  }

  @Test(arguments: [
    "start=0x10 end=0x20", "start=0x10 end= shift=12",
    "start=0x end=0x20 shift=12", "start=0x1g end=0x20 shift=12",
    "start=0x10000000000000000 end=0x20 shift=12",
    "start=18446744073709551616 end=0x20 shift=12",
    "start=184467440737095516150 end=0x20 shift=12",
    "start=1x end=0x20 shift=12", "start=0x10 end=0x20 shift=64",
    "start=- end=0x20 shift=12",
  ])
  func refused(fields: String) {
    var text = TraceText(.ftrace)
    text.add("vmap", fields, microseconds: 1)
    text.add("kpt_work", microseconds: 2)
    let outcome = Outcome(TraceReader(text: text.text))
    #expect(outcome.summary?.malformed == 1)
    #expect(outcome.summary?.firstMalformedLine == 3)
    #expect(outcome.events.map(\.payload) == [.workerStart])
  }

  @Test func extremes() {
    #expect(
      payload("ktlb", "start=0 end=0xffffffffffffffff")
        == .flush(start: 0, end: .max))
    #expect(
      payload("ktlb", "start=18446744073709551615 end=-1")
        == .flush(start: .max, end: .max))
  }

  @Test func callers() throws {
    let texts = [
      ("cpa_flush+0x24a/0x430", "cpa_flush", 0x24A),
      ("cpa_flush+0x24a", "cpa_flush", 0x24A),
      ("cpa_flush", "cpa_flush", 0),
      ("free_it.constprop.0+0x1/0x2", "free_it.constprop.0", 1),
      ("0xffffffff8236a4a9", "0xffffffff8236a4a9", 0),
    ]
    for (caller, name, offset) in texts {
      var text = TraceText(.ftrace)
      text.add("kpt_free", "ptdesc=1 flags=2 caller=\(caller)", microseconds: 1)
      let recording = try Recording(TraceReader(text: text.text))
      guard case .tableFree(_, _, let site) = recording.events[0].payload else {
        Issue.record("\(caller): not a free")
        continue
      }
      #expect(recording.name(of: site) == name)
      #expect(site.offset == UInt32(offset))
    }
  }

  @Test(arguments: ["", "+0x1", "cpa_flush+0x", "cpa_flush!", "cpa_flush+0x1!"])
  func refusedCaller(caller: String) {
    #expect(payload("kpt_free", "ptdesc=1 flags=2 caller=\(caller)") == nil)
  }

  @Test(arguments: EventName.allCases)
  func everyEventIsRead(name: EventName) {
    let fields =
      "start=1 end=2 addr=3 entry=4 value=5 ptdesc=6 page=7 order=1 flags=8 "
      + "caller=f+0x1 next_slot=9 ret=1 pt=10 pt2=11 level=2 npages=12 set=13 "
      + "clr=14 in_flag=15 phys=16 shift=12 size=17 fn=g create=1 va_start=18 "
      + "failed=0 num_purged=19 direct=1 r13=20 r14=21 "
      + "function=kernel_pgtable_work_func"
    #expect(payload("\(name.recordedName)", fields) != nil)
  }

  @Test func eventsWithTheSameFieldsDiffer() {
    let range = "start=1 end=2"
    #expect(payload("hot_map", range) == .hotMap(start: 1, end: 2))
    #expect(payload("vmemmap_map", range) == .vmemmapMap(start: 1, end: 2))
    #expect(payload("vmemmap_unmap", range) == .vmemmapUnmap(start: 1, end: 2))
    #expect(payload("kva_inval", range) == .invalidate(start: 1, end: 2))
    #expect(payload("vunmap", range) == .vunmap(start: 1, end: 2))
    let table = "addr=1 entry=2 value=3"
    #expect(
      payload("pud_alloc", table) == .pudAlloc(address: 1, entry: 2, value: 3))
    #expect(
      payload("pmd_alloc", table) == .pmdAlloc(address: 1, entry: 2, value: 3))
    let huge = "entry=1 phys=2 ret=0"
    #expect(payload("pmd_huge", huge) == .pmdHuge(entry: 1, phys: 2, ret: 0))
    #expect(payload("pud_huge", huge) == .pudHuge(entry: 1, phys: 2, ret: 0))
  }
}
