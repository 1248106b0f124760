// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The program `casemate-check`.
enum CasemateCheck {
  /// What it says of a trace.
  struct Verdict {
    var isAccepted: Bool
    /// The last of what it printed.
    var text: String
  }

  /// Where it is; nil if it is not installed.
  static let path: String? = {
    let folders = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return folders.split(separator: ":").map { "\($0)/casemate-check" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  /// Has it read a trace.
  static func judge(_ trace: String) throws -> Verdict {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("casemate-\(UUID().uuidString).log")
    try trace.write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path ?? "")
    process.arguments = [file.path]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let text = String(decoding: data, as: UTF8.self)
    return Verdict(
      isAccepted: process.terminationStatus == 0,
      text: text.split(separator: "\n").suffix(4).joined(separator: "\n"))
  }
}
