// SPDX-License-Identifier: Apache-2.0

import FallowTrace
import Foundation

/// The recordings that come with the package.
enum Sample: String, CaseIterable, Sendable {
  case modprobe = "modprobe-2cpu.trace.txt"
  case churn = "churn-2cpu.perf.txt"
  case hotplug = "hotplug-2cpu.trace.txt"

  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  var path: String {
    Self.root.appending(path: "Examples/Traces/\(rawValue)").path
  }

  /// The recording's bytes.
  func bytes() throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: path)))
  }

  /// The first `count` lines of the recording.
  func head(_ count: Int) throws -> String {
    String(decoding: try bytes(), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
      .prefix(count).joined(separator: "\n") + "\n"
  }

  /// The numbers that were counted independently.
  func expected() throws -> Expected {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Recordings/expected.json")
    let all = try JSONDecoder().decode(
      [String: Expected].self, from: Data(contentsOf: url))
    guard let expected = all[rawValue] else { throw Missing() }
    return expected
  }

  struct Missing: Error {}
}

/// What `Recordings/expected.json` says about a recording.
struct Expected: Decodable {
  var trace: Trace
  var recorded: RecordedFigures
  var placement: PlacementCounts
  var levels: [String: Int]
  var freedBeforeClear: FreedBeforeClear
  var batchRules: BatchRules
  var provenance: Counts

  struct Trace: Decodable {
    var format: TraceFormat
    /// Missing where the file does not hold all events.
    var events: Int?
  }

  struct Counts: Decodable {
    var checked: Int
    var agreeing: Int
    var madeBySplit: Int
    var splitWindowDiffers: Int
    var madeByAllocation: Int
  }
}
