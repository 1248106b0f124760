// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import FallowExplorer

/// The package's source files, to see whether a line that a timeline names is
/// the one that made the access.
enum SourceFiles {
  /// The lines of each file, by its name: two modules may have one of the same
  /// name.
  private static let lines: [String: [[Substring]]] = {
    var package = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { package.deleteLastPathComponent() }
    var found: [String: [[Substring]]] = [:]
    let files = FileManager.default.enumerator(
      at: package.appendingPathComponent("Sources"),
      includingPropertiesForKeys: nil)
    while let file = files?.nextObject() as? URL {
      guard file.pathExtension == "swift",
        let text = try? String(contentsOf: file, encoding: .utf8)
      else { continue }
      found[file.lastPathComponent, default: []].append(
        text.split(separator: "\n", omittingEmptySubsequences: false))
    }
    return found
  }()

  /// By which calls code does what a step says.
  private static let calls: [(told: String, calls: [String])] = [
    // By any fence.
    ("in memory", [""]),
    ("takes frame", ["allocate", "makeTable"]),
    ("finds no frame", ["allocate", "makeTable"]),
    ("gives frame", ["free", "releaseAll"]),
    ("flushes the CPUs", ["flush", "flushCPUs", "broadcastFlush"]),
    ("flushes its own CPU", ["flushOwnCPU"]),
    ("from now on", ["loadASID"]), ("back to memory", ["writeBack"]),
    ("schedules the worker", ["scheduleWorker"]),
    ("has waited for the readers", ["awaitReaders"]),
    ("submits an invalidation", ["submit", "isolate", "invalidateKernelHalf"]),
    ("read a PASID's entry anew", ["detach"]),
    ("rings the bell", ["store"]), ("writes a register", ["store"]),
    ("queues a wait", ["fence", "invalidateKernelHalf"]),
    ("is answered", ["wait", "invalidateKernelHalf"]),
    ("off the bus", ["isolate"]),
    ("begin no new walk", ["detach"]), ("lets IOMMU", ["attach"]),
    ("retires frame", ["store", "exchange", "compareExchange", "push"]),
    ("takes the list", ["store", "exchange", "takeAll"]),
    ("leaves the CPUs' flush", ["exchange"]),
    ("marks the flush", ["exchange", "compareExchange"]),
    ("links frame", ["store", "compareExchange", "link"]),
    ("reads the entry", ["load", "table"]),
    ("makes new entries visible", ["publish"]),
    ("clears", ["store", "exchange", "compareExchange", "fill", "makeTable"]),
    ("writes a leaf", ["store", "exchange", "compareExchange", "makeTable"]),
  ]

  /// Expects of each step of code the line that does what the step says; of
  /// the last, which may have gone wrong after it, any access.
  static func expectLines(of timeline: [TimelineStep]) {
    // An operation that is wrong as a whole has no line.
    for step in timeline
    where step.source != "hardware" && step.step != Timeline.ending {
      let parts = step.source.split(separator: ":")
      guard parts.count == 2, let number = Int(parts[1]),
        let files = lines[String(parts[0])]
      else {
        Issue.record("\(step)")
        continue
      }
      let named = files.filter { number <= $0.count }.map { $0[number - 1] }
      let calls = calls.first { step.step.contains($0.told) }?.calls ?? []
      #expect(
        named.contains { line in
          line.contains("try ")
            && (step == timeline.last
              || calls.contains { line.contains("\($0)(") })
        }, "\(step): \(named)")
    }
    for step in timeline where step.source == "hardware" {
      let hardware = ["IOMMU", "device", "walker", "buffer"]
      #expect(hardware.contains { step.actor.contains($0) }, "\(step)")
    }
  }
}
