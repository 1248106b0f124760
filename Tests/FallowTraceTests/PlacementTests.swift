// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowTrace

/// Each rule that places a freed table, and what it takes to apply.
@Suite struct PlacementTests {
  private var placer = Placer()
  private let window: UInt64 = 0xFFFF_D33A_C000_0000

  private mutating func send(
    _ payload: TraceEvent.Payload, task: Int = 1
  ) -> Place? {
    placer.place(
      TraceEvent(time: 1, cpu: 0, task: task, payload: payload))
  }

  private mutating func free(
    _ descriptor: UInt64, by caller: Symbol, task: Int = 1
  ) -> Place? {
    let site = CallSite(symbol: caller, offset: 0)
    return send(
      .tableFree(descriptor: descriptor, flags: 0, caller: site), task: task)
  }

  @Test mutating func replacedPTETable() {
    #expect(free(64, by: .pmdFreePTEPage) == .unknown)
    _ = send(.pmdFree(address: window + 0x1000, entry: 0, value: 0))
    #expect(free(64, by: .pmdFreePTEPage, task: 2) == .unknown)
    #expect(
      free(64, by: .pmdFreePTEPage) == .exact(address: window, level: .pte))
    // One replacement frees one table.
    #expect(free(64, by: .pmdFreePTEPage) == .unknown)
  }

  @Test mutating func replacedPMDTable() {
    #expect(free(64, by: .pudFreePMDPage) == .unknown)
    _ = send(.pudFree(address: window, entry: 0, value: 0))
    for slot in [0, 3, 511] as [UInt64] {
      let next = 0xFFFF_8B74_05A0_0000 + 8 * (slot + 1)
      _ = send(.pudFreePTE(descriptor: 128 + slot, nextSlot: next))
      #expect(
        free(128 + slot, by: .pudFreePMDPage)
          == .exact(address: window + slot << 21, level: .pte))
    }
    #expect(
      free(64, by: .pudFreePMDPage) == .exact(address: window, level: .pmd))
    #expect(free(64, by: .pudFreePMDPage) == .unknown)
  }

  @Test mutating func aTableThatWasNotNamedIsThePMDTable() {
    _ = send(.pudFree(address: window, entry: 0, value: 0))
    _ = send(.pudFreePTE(descriptor: 128, nextSlot: 8))
    #expect(
      free(64, by: .pudFreePMDPage) == .exact(address: window, level: .pmd))
    // What was named below another window does not count for this one.
    _ = send(.pudFree(address: window, entry: 0, value: 0))
    _ = send(.pudFreePTE(descriptor: 128, nextSlot: 8))
    let next = window + LinuxLevel.pmd.windowSize
    _ = send(.pudFree(address: next, entry: 0, value: 0))
    #expect(
      free(128, by: .pudFreePMDPage) == .exact(address: next, level: .pmd))
  }

  @Test mutating func collapses() {
    let first: UInt64 = 0xFFFF_FFFF_C040_0000
    let second: UInt64 = 0xFFFF_FFFF_8000_0000
    _ = send(.collapse(address: first + 5, ret: 1, pt: 72, pt2: 0))
    _ = send(.collapse(address: second + 9, ret: 2, pt: 136, pt2: 200))
    _ = send(.collapse(address: second, ret: 0, pt: 264, pt2: 264))
    #expect(
      free(128, by: .cpaFlush) == .exact(address: second, level: .pmd))
    #expect(
      free(192, by: .cpaFlush) == .exact(address: second, level: .pte))
    #expect(free(64, by: .cpaFlush, task: 2) == .unknown)
    #expect(free(64, by: .cpaFlush) == .exact(address: first, level: .pte))
    #expect(free(64, by: .cpaFlush) == .unknown)
    #expect(free(256, by: .cpaFlush) == .unknown)
  }

  @Test mutating func theLatestCollapseOfATableCounts() {
    _ = send(.collapse(address: 0x20_0000, ret: 1, pt: 72, pt2: 0))
    _ = send(.collapse(address: 0x40_0000, ret: 1, pt: 72, pt2: 0))
    #expect(
      free(64, by: .cpaFlush) == .exact(address: 0x40_0000, level: .pte))
  }

  @Test mutating func lostRaces() {
    let callers: [Symbol] = [
      .pteAllocKernel, .pmdAlloc, .pudAlloc, .changePageAttributes,
    ]
    for caller in callers { #expect(free(64, by: caller) == .neverLinked) }
    #expect(free(64, by: Symbol(rawValue: 99)) == .unknown)
    #expect(send(.workerStart) == nil)
  }

  @Test mutating func memoryIsBounded() {
    _ = send(.pmdFree(address: window, entry: 0, value: 0), task: 0)
    for task in 1...40_000 {
      _ = send(.pmdFree(address: window, entry: 0, value: 0), task: task)
    }
    #expect(free(64, by: .pmdFreePTEPage, task: 0) == .unknown)
    for number in 0..<10_000 as Range<UInt64> {
      _ = send(.collapse(address: 0, ret: 1, pt: number * 64 + 8, pt2: 0))
    }
    #expect(free(0, by: .cpaFlush) == .unknown)
    #expect(
      free(9_999 * 64, by: .cpaFlush) == .exact(address: 0, level: .pte))
  }

  @Test func aSplitMakesOneTable() throws {
    var text = TraceText(.ftrace)
    text.add(
      "cpa_split", "addr=0x434000 page=64 level=2 entry=0", microseconds: 1)
    // The second free is of a table of the same frame, made later.
    for time in [2, 3] {
      text.add(
        "cpa_collapse", "addr=0x400000 ret=1 pt=72 pt2=0", microseconds: time)
      text.add(
        "kpt_free", "ptdesc=64 flags=0 caller=cpa_flush", microseconds: time)
    }
    let provenance = try Recording(TraceReader(text: text.text)).provenance
    #expect(provenance.madeBySplit == 1)
    #expect(provenance.splitWindowDiffers == 0)
    #expect(provenance.descriptors == nil)
  }

  @Test func descriptors() {
    let map = DescriptorMap(
      descriptor: 0xFFFF_F78C_8413_1400, linkedBy: 0x8000_0001_04C5_0067)
    #expect(map.descriptor(ofFrameAt: 0x1_04C5_0000) == 0xFFFF_F78C_8413_1400)
    #expect(map.address(ofDescriptor: 0xFFFF_F78C_8413_1400) == 0x1_04C5_0000)
  }
}
