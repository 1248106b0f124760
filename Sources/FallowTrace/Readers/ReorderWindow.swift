// SPDX-License-Identifier: Apache-2.0

/// Puts events in order of time, those of one time in order of arrival.
///
/// It holds the latest events back, and gives out the earliest of them when
/// full. An event earlier than one given out already cannot be put in its
/// place: what is held is given out, and order begins anew with that event.
/// So two recordings in one file come out one after the other.
///
/// - Complexity: O(1) for each event in order; O(window) for one that is not.
struct ReorderWindow {
  /// How many events were earlier than one given out before.
  private(set) var late = 0

  /// A ring; its length is a power of two.
  private var ring: [TraceEvent]
  private var first = 0
  private var count = 0
  private var given: UInt64 = 0

  /// Makes a window over `length` events, a power of two.
  init(length: Int) {
    precondition(length > 0 && length & (length - 1) == 0)
    let blank = TraceEvent(time: 0, cpu: 0, task: 0, payload: .workerStart)
    ring = Array(repeating: blank, count: length)
  }

  /// Takes an event in, and gives the earliest out if there is no room.
  @inline(__always)
  mutating func add(_ event: TraceEvent, into sink: inout some TraceSink) {
    if event.time < given {
      late += 1
      drain(into: &sink)
    }
    let mask = ring.count - 1
    if count == ring.count {
      if event.time < ring[first].time {
        given = event.time
        sink.receive(event)
        return
      }
      given = ring[first].time
      sink.receive(ring[first])
      first = (first + 1) & mask
      count -= 1
    }
    var place = count
    while place > 0, ring[(first + place - 1) & mask].time > event.time {
      ring[(first + place) & mask] = ring[(first + place - 1) & mask]
      place -= 1
    }
    ring[(first + place) & mask] = event
    count += 1
  }

  /// Gives out everything that is held, and forgets what was given out.
  mutating func drain(into sink: inout some TraceSink) {
    for offset in 0..<count {
      sink.receive(ring[(first + offset) & (ring.count - 1)])
    }
    first = 0
    count = 0
    given = 0
  }
}
