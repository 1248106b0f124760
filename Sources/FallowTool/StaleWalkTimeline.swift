// SPDX-License-Identifier: Apache-2.0

internal import FallowReport
internal import FallowTrace

/// A stale walk in the order of its events, in at most 12 lines.
struct StaleWalkTimeline {
  private let walk: StaleWalk

  /// The story of `walk`.
  init(of walk: StaleWalk) {
    self.walk = walk
  }

  /// The lines: a heading, an event each, and what went wrong.
  func lines(_ colours: Colours) -> [String] {
    let heading = colours.text(
      "The first stale walk under \(walk.scheme)", .strong)
    return [heading] + sorted.map { line($0, colours) }
      + ["  " + colours.text(verdict, .alarm)]
  }

  /// The events as a page lists them, and what went wrong.
  var rows: [(time: String, actor: String, text: String, isWrong: Bool)] {
    sorted.map {
      ($0.time.map(Numbers.time) ?? "", $0.actor, $0.text, $0.isWrong)
    } + [("", "", verdict, true)]
  }

  private var sorted: [Event] {
    events.sorted { ($0.time ?? 0, $0.order) < ($1.time ?? 0, $1.order) }
  }

  private struct Event {
    /// Nil for what was before the recording.
    var time: UInt64?
    var order: Int
    var actor: String
    var text: String
    var isWrong = false
  }

  private var events: [Event] {
    var events: [Event] = []
    func add(_ moment: StaleWalk.Moment?, _ text: String) {
      guard let moment else { return }
      events.append(
        Event(
          time: moment.task < 0 ? nil : moment.time, order: events.count,
          actor: Self.actor(moment),
          text: text))
    }
    let frame = Numbers.address(walk.frame)
    if let area = walk.area, area.mapped == nil {
      events.append(
        Event(
          time: nil, order: 0, actor: "before the recording",
          text: "\(areaName) was mapped"))
    }
    add(walk.area?.mapped, "maps \(areaName)")
    add(
      walk.table?.made,
      "makes \(tableName) in frame \(frame)\(window)")
    add(walk.area?.unmapped, "unmaps it")
    add(walk.table?.unlinked, "clears or overwrites the entry of the table")
    add(walk.table?.released, "frees the frame")
    if let since = walk.owner.since, walk.owner.kind == "next owner" {
      events.append(
        Event(
          time: since, order: events.count, actor: "next owner",
          text: "takes frame \(frame) and fills it: "
            + (walk.owner.fill ?? "unknown")))
    }
    events.append(
      Event(
        time: walk.time, order: .max - 1, actor: walk.walker,
        text: "asks for \(Numbers.address(walk.address)), PASID \(walk.pasid)"))
    events.append(
      Event(
        time: walk.time, order: .max, actor: "its \(walk.cache)",
        text: "leads to frame \(frame) as before, and it \(act)",
        isWrong: true))
    return events
  }

  private static func actor(_ moment: StaleWalk.Moment) -> String {
    if moment.task < 0 { return "before the recording" }
    let name = moment.name.map { "\($0)-\(moment.task)" }
    return "\(name ?? "task \(moment.task)") on CPU \(moment.cpu)"
  }

  private var act: String {
    let entry = walk.entry.map { " \(Numbers.address($0))" } ?? ""
    return walk.isWrite
      ? "writes an accessed or dirty bit there" : "reads\(entry) as an entry"
  }

  private var verdict: String {
    let owner =
      walk.owner.number.map { "next owner \($0)" } ?? walk.owner.kind
    return "The frame was no table any more: it belonged to \(owner)."
  }

  private var tableName: String {
    switch walk.table?.level {
    case 1: "a PTE table"
    case 2: "a PMD table"
    case 3: "a PUD table"
    default: "a table"
    }
  }

  private var window: String {
    walk.table?.window.map { " for \(Numbers.address($0))" } ?? ""
  }

  private var areaName: String {
    guard let area = walk.area else { return "an area" }
    return "\(Numbers.address(area.start)), \(Numbers.count(area.size >> 10)) "
      + "KiB"
  }

  private func line(_ event: Event, _ colours: Colours) -> String {
    let time = event.time.map(Numbers.time) ?? ""
    let pad = String(repeating: " ", count: max(0, 14 - time.count))
    return "  \(pad)\(time)  \(event.actor): "
      + colours.text(event.text, event.isWrong ? .alarm : .plain)
  }
}
