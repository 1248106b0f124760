// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import FallowRecord

@Suite struct RecordFileTests {
  private static func path() -> String {
    FileManager.default.temporaryDirectory
      .appendingPathComponent("fallow-\(UUID().uuidString).txt").path
  }

  @Test func onlyTheOwnerMayReadARecording() throws {
    let path = Self.path()
    defer { try? FileManager.default.removeItem(atPath: path) }
    var file = try RecordFile(path: path, replaces: false)
    try file.write(line: "# fallow record 1")
    try file.flush()
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    #expect(
      try String(contentsOfFile: path, encoding: .utf8)
        == "# fallow record 1\n")
  }

  @Test func anExistingFileIsKept() throws {
    let path = Self.path()
    defer { try? FileManager.default.removeItem(atPath: path) }
    try "mine".write(toFile: path, atomically: true, encoding: .utf8)
    #expect(throws: RecordError.fileExists(path: path)) {
      try RecordFile.check(path: path, replaces: false)
    }
    do {
      _ = try RecordFile(path: path, replaces: false)
      Issue.record("the file was replaced")
    } catch {
      #expect(error == .fileExists(path: path))
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
  }

  @Test func anExistingFileIsReplacedOnRequest() throws {
    let path = Self.path()
    defer { try? FileManager.default.removeItem(atPath: path) }
    try "mine".write(toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o644], ofItemAtPath: path)
    try RecordFile.check(path: path, replaces: true)
    _ = try RecordFile(path: path, replaces: true)
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    #expect(try String(contentsOfFile: path, encoding: .utf8).isEmpty)
  }

  @Test func aDirectoryIsNeverReplaced() throws {
    let folder = FileManager.default.temporaryDirectory.path
    #expect(throws: RecordError.self) {
      try RecordFile.check(path: folder, replaces: true)
    }
  }
}
