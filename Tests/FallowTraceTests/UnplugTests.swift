// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowTrace

/// Tables of unplugged memory: their places and their order, by what a
/// recording says and by nothing that one kernel's build decides.
@Suite struct UnplugTests {
  private static let page: UInt64 = 0xFFFF_F40E_C01C_7F00
  /// An entry that points to the frame of ``page``.
  private static let value: UInt64 = 0x71F_C067
  /// What else a register may hold.
  private static let other: UInt64 = 0x200

  private static func tables(_ events: [TraceEvent.Payload]) -> [UnpluggedTable]
  {
    var tracker = UnplugTracker()
    for (index, payload) in events.enumerated() {
      _ = tracker.receive(
        TraceEvent(time: 1, cpu: 0, task: 1, payload: payload), at: index)
    }
    tracker.finish()
    return tracker.takeSettled()
  }

  private static func hotFree(
    _ r13: UInt64, _ r14: UInt64, flags: UInt64 = 0
  ) -> TraceEvent.Payload {
    .hotFree(
      descriptor: page, flags: flags,
      caller: CallSite(symbol: .removePageTable, offset: 0xABC), r13: r13,
      r14: r14)
  }

  private static func hotUnmap(
    _ start: UInt64, _ size: UInt64
  ) -> TraceEvent.Payload {
    .hotUnmap(start: start, end: start + size, isDirect: true)
  }

  private static let queue = TraceEvent.Payload.tableFree(
    descriptor: page, flags: 0,
    caller: CallSite(symbol: .removePageTable, offset: 0x55C))
  private static let release = TraceEvent.Payload.release(
    descriptor: page, order: 0)

  /// Whichever register holds the entry, the index of the entry and the range
  /// give level and window.
  @Test(arguments: LinuxLevel.allCases, [true, false])
  func theIndexGivesThePlace(_ level: LinuxLevel, _ isFirst: Bool) {
    let size = level.windowSize
    // An index that no other level has in the range.
    let start = 0xFFFF_8000_0000_0000 + (level == .pud ? 5 : 300) * size
    let entry = 0xFFFF_8A6A_7FC8_6000 + 8 * (start / size % 512)
    let table = Self.tables([
      Self.hotUnmap(start, size / 2),
      isFirst
        ? Self.hotFree(entry, Self.other) : Self.hotFree(Self.other, entry),
    ])
    #expect(table.map(\.place) == [.exact(address: start, level: level)])
  }

  @Test func anIndexThatFitsTwiceGivesNone() {
    let start: UInt64 = 0xFFFF_8C1E_0000_0000
    let entry = 0xFFFF_8C1C_8180_1000 + 8 * (start >> 21 & 511)
    // Two windows of one table have the index.
    #expect(
      Self.tables([
        Self.hotUnmap(start, 513 << 21), Self.hotFree(entry, 0),
      ]).map(\.place) == [.unknown])
    // A table of either level can have it.
    let both = 0xFFFF_8C1C_8180_1000 + 8 * (start >> 30 & 511)
    #expect(
      Self.tables([
        Self.hotUnmap(start, 1 << 30), Self.hotFree(both, 0),
      ]).map(\.place) == [.unknown])
    // No range, no place.
    #expect(Self.tables([Self.hotFree(entry, 0)]).map(\.place) == [.unknown])
  }

  /// Where the index fits twice, the entry that is cleared decides: it names
  /// the page.
  @Test func theClearedEntryDecides() {
    let start: UInt64 = 0xFFFF_8C1E_0000_0000
    let entry = 0xFFFF_8C1C_8180_1000 + 8 * (start >> 30 & 511)
    func clear(_ value: UInt64) -> TraceEvent.Payload {
      .entryCleared(entry: entry, value: value, level: .pmd)
    }
    let events = [Self.hotUnmap(start, 1 << 30), Self.hotFree(entry, 0)]
    #expect(
      Self.tables(events + [clear(Self.value)]).map(\.place)
        == [.exact(address: start, level: .pmd)])
    // Another page's entry says nothing of this one.
    #expect(
      Self.tables(events + [clear(0x71F_D067)]).map(\.place) == [.unknown])
    // Nor does an entry that is not present.
    #expect(
      Self.tables(events + [clear(Self.value & ~1)]).map(\.place) == [.unknown])
  }

  /// A register that holds the address of another table's entry is not it.
  @Test func anEntryOfAnotherTableIsLeftOut() {
    let start: UInt64 = 0xFFFF_8C1E_0000_0000
    let own = 0xFFFF_8C1C_8180_1000 + 8 * (start >> 21 & 511)
    let other = own + 8
    let events = [
      Self.hotUnmap(start, 2 << 21), Self.hotFree(own, other),
    ]
    #expect(Self.tables(events).map(\.place) == [.unknown])
    let known = TraceEvent.Payload.pteAlloc(entry: other, value: 0x123_4067)
    #expect(
      Self.tables([known] + events).map(\.place)
        == [.exact(address: start, level: .pte)])
  }

  @Test func theRouteIsWhatFollows() {
    let free = Self.hotFree(0, 0, flags: 4)
    let now = TraceEvent.Payload.freedAtOnce(
      descriptor: Self.page, order: 0,
      caller: CallSite(symbol: .removePageTable, offset: 0))
    #expect(Self.tables([free, Self.queue]).map(\.route) == [.queued])
    #expect(Self.tables([free, now]).map(\.route) == [.atOnce])
    #expect(Self.tables([free]).map(\.route) == [.unknown])
  }

  @Test func aReleaseBeforeTheClearIsSeen() {
    let clear = TraceEvent.Payload.entryCleared(
      entry: 8, value: Self.value, level: .pte)
    let free = Self.hotFree(0, 0, flags: 4)
    func early(_ events: [TraceEvent.Payload]) -> [Bool] {
      Self.tables(events).map(\.isReleasedWhileNamed)
    }
    #expect(early([free, Self.queue, Self.release, clear]) == [true])
    #expect(early([free, Self.queue, clear, Self.release]) == [false])
    // When it was cleared is not recorded: nothing is claimed.
    #expect(early([free, Self.queue, Self.release]) == [false])
    // The same without hot_free.
    #expect(early([Self.queue, Self.release, clear]) == [true])
  }
}
