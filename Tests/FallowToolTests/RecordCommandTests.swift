// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `fallow record` where it has to refuse.
@Suite struct RecordCommandTests {
  /// Whether this kernel could be recorded.
  private static let isRecordable: Bool = {
    let symbols = try? String(
      contentsOfFile: "/proc/kallsyms", encoding: .utf8)
    return symbols?.contains(" pagetable_free_kernel\n") == true
  }()

  private static func path() -> String {
    FileManager.default.temporaryDirectory
      .appendingPathComponent("fallow-\(UUID().uuidString).txt").path
  }

  @Test(.disabled(if: isRecordable))
  func aKernelThatCannotBeRecordedIsNamed() throws {
    let path = Self.path()
    let run = try ToolRun(["record", "-o", path, "--", "true"])
    #expect(run.status == 2)
    #expect(run.errors.hasPrefix("fallow: record: "))
    #expect(run.output.isEmpty)
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func anExistingFileIsRefused() throws {
    let path = Self.path()
    defer { try? FileManager.default.removeItem(atPath: path) }
    try "mine".write(toFile: path, atomically: true, encoding: .utf8)
    let run = try ToolRun(["record", "-o", path, "--", "true"])
    #expect(run.status == 2)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
  }

  @Test func anUnknownOptionIsRefused() throws {
    #expect(try ToolRun(["record", "--nothing"]).status == 2)
  }
}
