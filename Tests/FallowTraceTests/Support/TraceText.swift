// SPDX-License-Identifier: Apache-2.0

import FallowTrace

/// Writes events as each of the three formats does.
struct TraceText {
  var format: TraceFormat
  private(set) var text = ""

  init(_ format: TraceFormat) {
    self.format = format
    switch format {
    case .ftrace: text = "# tracer: nop\n#\n"
    case .perfScript: break
    case .fallowRecord: text = "# fallow record 1\n"
    case .traceCmdReport: text = "cpus=2\n"
    }
  }

  /// Adds the line of an event at a whole microsecond.
  ///
  /// - Parameters:
  ///   - name: The event's name, behind its group and a colon.
  ///   - fields: What follows the name and, in a probed event, the address.
  mutating func add(
    _ name: String, _ fields: String = "", microseconds: Int,
    command: String = "insmod", task: Int = 251, cpu: Int = 0,
    isProbe: Bool = true
  ) {
    let short = String(name.split(separator: ":").last ?? "")
    let seconds = microseconds / 1_000_000
    let fraction = pad(microseconds % 1_000_000, to: 6)
    let bracket = "[\(pad(cpu, to: 3))]"
    let rest = fields.isEmpty ? "" : " \(fields)"
    switch format {
    case .ftrace:
      let probe = isProbe ? " (function+0x4/0x90)" : ""
      text += "  \(command)-\(task)     \(bracket) d.Z1.     "
      text += "\(seconds).\(fraction): \(short):\(probe)\(rest)\n"
    case .perfScript:
      let probe = isProbe ? " (ffffffff8273ac14)" : ""
      text += " \(command)    \(task) \(bracket)    "
      text += "\(seconds).\(fraction)000:   \(name):\(probe)\(rest)\n"
    case .fallowRecord:
      text += "  \(command)-\(task) \(bracket) "
      text += "\(seconds).\(fraction)000: \(short):\(rest)\n"
    case .traceCmdReport:
      let probe = isProbe ? "   (ffffffff8273ac14)" : ""
      text += "  \(command)-\(task)   \(bracket)    "
      text += "\(seconds).\(fraction)000: \(short):      \(probe)\(rest)\n"
    }
  }

  private func pad(_ number: Int, to width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

/// What a reader makes of a text: events and counts, or an error.
struct Outcome: Equatable {
  var events: [TraceEvent] = []
  var summary: TraceSummary?
  var error: TraceError?

  init(_ reader: TraceReader) {
    var sink = Collector()
    do throws(TraceError) {
      summary = try reader.read(into: &sink).summary
    } catch {
      self.error = error
    }
    events = sink.events
  }

  /// Lines that were counted, one way or another.
  var counted: Int {
    summary.map { $0.events + $0.ignored + $0.malformed } ?? 0
  }
}

/// Keeps what it is given.
struct Collector: TraceSink {
  var events: [TraceEvent] = []

  mutating func receive(_ event: TraceEvent) {
    events.append(event)
  }
}
