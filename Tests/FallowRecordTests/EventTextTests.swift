// SPDX-License-Identifier: Apache-2.0

import FallowRecordSystem
import FallowTrace
import Testing

@testable import FallowRecord

/// What the recorder writes, the reader reads.
@Suite struct EventTextTests {
  private static let base: UInt64 = 0xFFFF_FFFF_8100_0000

  private static func symbols() throws -> KernelSymbols {
    let text =
      "ffffffff81000000 t cpa_flush\nffffffff81000800 t set_rox\n"
      + "ffffffff81001000 t end\n"
    return try KernelSymbols(Array(text.utf8))
  }

  private static func event(_ kind: fallow_kind) -> fallow_event {
    var event = fallow_event()
    event.kind = kind.rawValue
    event.time = 5_000_001_023
    event.cpu = 1
    event.task = 77
    event.command = (
      107, 119, 32, 10, 58, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
    )
    event.caller = base + 0x24A
    event.table = fallow_table(
      descriptor: 0xFFFF_F8B2_801A_7580, flags: 3,
      address: 0xFFFF_FFFF_C060_0000, entry: 0xFFFF_88C0_29E2_F018,
      value: 0x1A1, type: 0xF200_0000, references: 1, order: 0, level: 1,
      naming: FALLOW_NAMING_YES.rawValue, is_data: 0)
    event.stack.0 = base + 0x24A
    event.stack.1 = base + 0x841
    return event
  }

  private struct Events: TraceSink {
    var events: [TraceEvent] = []

    mutating func receive(_ event: TraceEvent) { events.append(event) }
  }

  private static func read(
    _ event: fallow_event
  ) throws -> (events: [TraceEvent], reading: TraceReading) {
    let line = EventText(symbols: try symbols()).line(event)
    #expect(!line.contains("\n"))
    var sink = Events()
    let reading = try TraceReader(text: "# fallow record 1\n\(line)\n")
      .read(into: &sink)
    #expect(reading.summary.malformed == 0)
    return (sink.events, reading)
  }

  @Test func aFreeIsReadWithWhatWasSeen() throws {
    let (events, reading) = try Self.read(Self.event(FALLOW_FREE))
    #expect(events.count == 2)
    #expect(events[0].time == 5_000_001_023)
    #expect(events[0].cpu == 1)
    #expect(events[0].task == 77)
    guard case .observed(let table) = events[0].payload,
      case .tableFree(let descriptor, 3, let caller) = events[1].payload
    else {
      Issue.record("\(events)")
      return
    }
    #expect(descriptor == 0xFFFF_F8B2_801A_7580)
    #expect(reading.symbols.name(of: caller.symbol) == "cpa_flush")
    #expect(table.descriptor == descriptor)
    #expect(
      table.place == .exact(address: 0xFFFF_FFFF_C060_0000, level: .pte))
    #expect(table.naming == .named)
    #expect(table.entry == 0xFFFF_88C0_29E2_F018)
    #expect(table.isConstructed == true)
    #expect(table.references == 1)
    let stack = try #require(table.stack)
    #expect(
      reading.stacks.callers(of: stack).map {
        reading.symbols.name(of: $0.symbol)
      } == ["cpa_flush", "set_rox"])
  }

  @Test(arguments: [
    FALLOW_WORK.rawValue, FALLOW_WORK_END.rawValue, FALLOW_TAKEN.rawValue,
    FALLOW_INVALIDATE.rawValue, FALLOW_INVALIDATED.rawValue,
    FALLOW_FREE_AT_ONCE.rawValue, FALLOW_LINKED.rawValue,
    FALLOW_RELEASE.rawValue, FALLOW_FREE.rawValue,
  ])
  func everyKindIsRead(kind: UInt32) throws {
    let (events, reading) = try Self.read(Self.event(fallow_kind(kind)))
    #expect(reading.summary.events == 1)
    #expect(reading.heading?.gaps == 0)
    #expect(!events.isEmpty)
  }

  @Test func aBatchThatIsTooLargeIsReported() throws {
    var event = Self.event(FALLOW_INVALIDATE)
    event.open = 300
    event.looked = 128
    let (events, _) = try Self.read(event)
    #expect(events.map(\.payload).contains(.unexamined(tables: 172)))
  }

  @Test func withoutAPlaceNothingIsSaidOfTheEntry() throws {
    var event = Self.event(FALLOW_FREE)
    event.table.address = 0
    let (events, _) = try Self.read(event)
    guard case .observed(let table) = events[0].payload else {
      Issue.record("\(events)")
      return
    }
    #expect(table.naming == .unknown)
    #expect(table.place == nil)
  }
}
