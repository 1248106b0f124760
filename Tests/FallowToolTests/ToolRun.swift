// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A run of the `fallow` command that was built beside the tests.
struct ToolRun {
  /// The exit status.
  let status: Int32
  /// What it printed.
  let output: String
  /// What it printed on standard error.
  let errors: String

  /// Runs the command with `arguments`, and `input` on standard input.
  init(_ arguments: [String], input: String = "") throws {
    let process = Process()
    process.executableURL = Self.executable
    process.arguments = arguments
    // Files, not pipes: nothing waits for a reader.
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("fallow-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = ["input", "output", "errors"].map(folder.appendingPathComponent)
    try Data(input.utf8).write(to: files[0])
    for file in files[1...] { try Data().write(to: file) }
    process.standardInput = try FileHandle(forReadingFrom: files[0])
    process.standardOutput = try FileHandle(forWritingTo: files[1])
    process.standardError = try FileHandle(forWritingTo: files[2])
    try process.run()
    process.waitUntilExit()
    status = process.terminationStatus
    output = String(decoding: try Data(contentsOf: files[1]), as: UTF8.self)
    errors = String(decoding: try Data(contentsOf: files[2]), as: UTF8.self)
  }

  /// The object that `--json` printed.
  func object() throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: Data(output.utf8))
      as? [String: Any] ?? [:]
  }

  /// The path of a bundled recording.
  static func sample(_ name: String) -> String {
    root.appendingPathComponent("Examples/Traces/\(name)").path
  }

  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The test bundle lies in the folder of the build's products.
  private static let executable: URL = {
    let arguments = ProcessInfo.processInfo.arguments
    let bundle =
      arguments.first { $0.contains(".xctest") } ?? CommandLine.arguments[0]
    var folder = URL(fileURLWithPath: bundle).resolvingSymlinksInPath()
    while folder.path != "/" {
      let candidate = folder.appendingPathComponent("fallow")
      let isFolder = try? candidate.resourceValues(
        forKeys: [.isDirectoryKey]
      ).isDirectory
      if isFolder == false {
        return candidate
      }
      folder.deleteLastPathComponent()
    }
    return URL(fileURLWithPath: "fallow")
  }()
}
