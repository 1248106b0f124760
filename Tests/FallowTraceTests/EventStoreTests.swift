// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowTrace

/// Events come back as they were put in, from memory and from the file.
@Suite struct EventStoreTests {
  private static func event(_ number: Int) -> TraceEvent {
    TraceEvent(
      time: UInt64(number), cpu: number % 5, task: number % 7,
      payload: number % 3 == 0
        ? .release(descriptor: UInt64(number), order: 0)
        : .vmap(start: UInt64(number), end: .max, shift: 12))
  }

  private static func place(_ number: Int) -> Place? {
    switch number % 3 {
    case 0: nil
    case 1: .neverLinked
    default: .exact(address: UInt64(number), level: .pmd)
    }
  }

  @Test(arguments: [0, 1, 99, 100, 101, 1_023, 1_024, 1_025, 20_000])
  func areTheSame(count: Int) throws {
    var spool = EventSpool(limit: 100)
    for number in 0..<count {
      #expect(spool.count == number)
      spool.append(Self.event(number), at: Self.place(number))
    }
    let events = RecordedEvents(try spool.store())
    #expect(events.count == count)
    #expect(events.elementsEqual((0..<count).map(Self.event)))
    #expect(
      events.indices.allSatisfy { events.place(at: $0) == Self.place($0) })
  }

  @Test(arguments: UInt64(1)...5)
  func comeInAnyOrder(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var spool = EventSpool(limit: 1_000)
    for number in 0..<30_000 { spool.append(Self.event(number), at: nil) }
    let events = RecordedEvents(try spool.store())
    for _ in 0..<2_000 {
      let number = Int.random(in: 0..<30_000, using: &random)
      #expect(events[number] == Self.event(number))
    }
  }
}
