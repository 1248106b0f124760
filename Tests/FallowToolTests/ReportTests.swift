// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `--report` writes a page whose figures are those of the JSON object, or
/// nothing.
@Suite struct ReportTests {
  private static let sample = ToolRun.sample("hotplug-2cpu.trace.txt")

  /// Runs the tool with `--report`, and reads the page.
  private static func page(
    _ arguments: [String]
  ) throws -> (run: ToolRun, page: String) {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("fallow-\(UUID().uuidString).html")
    defer { try? FileManager.default.removeItem(at: file) }
    let run = try ToolRun(arguments + ["--json", "--report", file.path])
    return (run, try String(contentsOf: file, encoding: .utf8))
  }

  /// The paths and values of a page's figures.
  private static func figures(_ page: String) -> [(String, String)] {
    page.split(separator: "<data ").dropFirst().map { element in
      let parts = element.split(separator: "\"", maxSplits: 4)
      return (String(parts[1]), String(parts[3]))
    }
  }

  private static func value(_ path: String, in object: Any?) -> Double? {
    var value = object
    for key in path.split(separator: ".") {
      if let index = Int(key) {
        let array = value as? [Any] ?? []
        value = array.indices.contains(index) ? array[index] : nil
      } else {
        value = (value as? [String: Any])?[String(key)]
      }
    }
    return (value as? NSNumber)?.doubleValue
  }

  @Test(arguments: [
    ["audit", sample],
    ["replay", "--dma", "50", sample],
    ["replay", "--recorded", sample],
    [
      "replay", "--dma", "50", "--scheme", "fallow", sample, "--sweep",
      "bound=1,2", "window=0,1ms",
    ],
  ])
  func theFiguresAreThoseOfTheObject(arguments: [String]) throws {
    let (run, page) = try Self.page(arguments)
    let object = try run.object()
    let figures = Self.figures(page)
    #expect(figures.count >= 8)
    for (path, value) in figures {
      #expect(Self.value(path, in: object) == Double(value), "\(path)")
    }
  }

  @Test func thePageFetchesNothing() throws {
    let (_, page) = try Self.page(["audit", Self.sample])
    for word in ["<script", "http:", "https:", "url(", "@import", "<link"] {
      let count = page.components(separatedBy: word).count - 1
      // The drawings' name space is an address that nobody follows.
      let names = page.components(
        separatedBy: "xmlns=\"http://www.w3.org/2000/svg\""
      ).count
      #expect(count == (word == "http:" ? names - 1 : 0), "\(word)")
    }
  }

  @Test(arguments: [
    ["audit", sample], ["replay", sample], ["check", "map-unmap"],
  ])
  func aReportThatCannotBeWrittenGivesTwo(command: [String]) throws {
    let run = try ToolRun(command + ["--report", "/nowhere/report.html"])
    #expect(run.status == 2)
    #expect(run.output.isEmpty)
    #expect(run.errors.contains("/nowhere/report.html"))
  }
}
