// SPDX-License-Identifier: Apache-2.0

/// A set of events, by which a rule says what it needs.
struct EventKinds: OptionSet, Sendable {
  let rawValue: UInt64

  static let free = EventKinds(.tableFree)
  static let listed = EventKinds(.listed)
  static let runStart = EventKinds(.workerStart)
  static let taken = EventKinds(.splice)
  static let invalidation = EventKinds(.invalidate)
  static let invalidationEnd = EventKinds(.invalidated)
  static let release = EventKinds(.release)
  static let runEnd = EventKinds(.workerEnd)
  static let atOnce = EventKinds(.freedAtOnce)

  init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// The set of one event; at most 64 have a bit.
  init(_ name: EventName) {
    rawValue = 1 << UInt64(name.rawValue)
  }

  /// The event of a payload; none for what is added to another event's line.
  init(of payload: TraceEvent.Payload) {
    self = EventName(of: payload).map { EventKinds($0) } ?? []
  }

  /// The events that probes of these names record.
  init(events: Set<String>) {
    self = []
    for name in EventName.allCases
    where events.contains("\(name.recordedName)") {
      insert(EventKinds(name))
    }
  }

  /// The names of the events, for a reader.
  var eventNames: [String] {
    EventName.allCases.filter { contains(EventKinds($0)) }.map {
      "\($0.recordedName)"
    }
  }
}
