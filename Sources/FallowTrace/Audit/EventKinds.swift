/// The kinds of event that rules need.
struct EventKinds: OptionSet, Sendable {
  let rawValue: UInt16

  static let free = EventKinds(rawValue: 1 << 0)
  static let listed = EventKinds(rawValue: 1 << 1)
  static let runStart = EventKinds(rawValue: 1 << 2)
  static let taken = EventKinds(rawValue: 1 << 3)
  static let invalidation = EventKinds(rawValue: 1 << 4)
  static let invalidationEnd = EventKinds(rawValue: 1 << 5)
  static let release = EventKinds(rawValue: 1 << 6)
  static let runEnd = EventKinds(rawValue: 1 << 7)
  static let atOnce = EventKinds(rawValue: 1 << 8)

  /// Each kind with the name that recordings give the event.
  static let names: [(kind: EventKinds, event: String)] = [
    (.free, "kpt_free"), (.listed, "kpt_listed"), (.runStart, "kpt_work"),
    (.taken, "kpt_splice"), (.invalidation, "kva_inval"),
    (.invalidationEnd, "kva_inval_ret"), (.release, "kpt_page_free"),
    (.runEnd, "kpt_work_ret"), (.atOnce, "now_free"),
  ]

  /// The kinds that probes of these names record.
  init(events: Set<String>) {
    self = []
    for (kind, event) in Self.names where events.contains(event) {
      insert(kind)
    }
  }

  init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// The names of the events, for a reader.
  var eventNames: [String] {
    Self.names.filter { contains($0.kind) }.map(\.event)
  }

  /// The kind of an event; none for one that no rule asks for.
  init(_ payload: TraceEvent.Payload) {
    switch payload {
    case .tableFree: self = .free
    case .listed: self = .listed
    case .workerStart: self = .runStart
    case .splice: self = .taken
    case .invalidate: self = .invalidation
    case .invalidated: self = .invalidationEnd
    case .release: self = .release
    case .workerEnd: self = .runEnd
    case .freedAtOnce: self = .atOnce
    default: self = []
    }
  }
}
