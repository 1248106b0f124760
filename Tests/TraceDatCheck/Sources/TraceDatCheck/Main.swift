// SPDX-License-Identifier: Apache-2.0

import FallowTrace
import Foundation

/// Reads a `trace.dat` file and prints its figures; with a second file, its
/// text, both must have the same events and figures.
@main
enum TraceDatCheck {
  static func main() {
    let paths = CommandLine.arguments.dropFirst()
    guard (1...2).contains(paths.count) else {
      print("usage: TraceDatCheck TRACE.DAT [TEXT]")
      exit(2)
    }
    do throws(TraceError) {
      let reading = try Reading(path: paths[1])
      if paths.count == 2, try Reading(path: paths[2]) != reading {
        print("not as its text")
        exit(1)
      }
      print(reading)
    } catch {
      print(error)
      exit(1)
    }
  }
}

/// What is in a file, but for its name.
struct Reading: Equatable {
  /// Its events, in order.
  var events: [TraceEvent] = []
  /// Their figures.
  var report: RecordedReport

  /// Reads the file twice.
  init(path: String) throws(TraceError) {
    report = try RecordedReport.read(path: path)
    report.trace.path = ""
    var sink = Events()
    _ = try TraceReader(path: path).read(into: &sink)
    events = sink.events
  }

  private struct Events: TraceSink {
    var events: [TraceEvent] = []
    mutating func receive(_ event: TraceEvent) { events.append(event) }
  }
}

extension Reading: CustomStringConvertible {
  var description: String {
    let trace = report.trace
    return "\(trace.events) events, \(trace.ignored) ignored, "
      + "\(trace.malformed) malformed, \(trace.lost) lost, "
      + "\(report.recorded.frees) tables freed, \(trace.clock.rawValue)"
  }
}
