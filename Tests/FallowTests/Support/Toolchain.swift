// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The compiler that built the tests, and where things are.
enum Toolchain {
  /// The package's folder.
  static let package = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static let librarySources = package.appending(path: "Sources/Fallow")

  /// The folder of the built module, beside the test bundle.
  static var modules: URL? {
    var folder = URL(filePath: CommandLine.arguments[0])
      .resolvingSymlinksInPath()
    if let own = try? FileManager.default.destinationOfSymbolicLink(
      atPath: "/proc/self/exe")
    {
      folder = URL(filePath: own)
    }
    while folder.path.count > 1 {
      folder.deleteLastPathComponent()
      let modules = folder.appending(path: "Modules")
      let module = modules.appending(path: "Fallow.swiftmodule")
      if FileManager.default.fileExists(atPath: module.path) { return modules }
    }
    return nil
  }

  /// Whether the compiler can build for a machine without an operating system.
  static var hasEmbedded: Bool {
    guard
      let compiler = try? run("/bin/sh", ["-c", "command -v swiftc"]).output
    else { return false }
    let library = URL(
      filePath: compiler.trimmingCharacters(in: .whitespacesAndNewlines)
    ).resolvingSymlinksInPath().deletingLastPathComponent()
      .deletingLastPathComponent()
      .appending(path: "lib/swift/embedded/x86_64-unknown-none-elf")
    return FileManager.default.fileExists(atPath: library.path)
  }

  struct Run {
    var status: Int32
    var output: String
  }

  /// Runs a program; what it prints and what it complains of are one text.
  static func run(
    _ program: String, _ arguments: [String],
    environment: [String: String] = [:]
  ) throws -> Run {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(
      environment
    ) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Run(
      status: process.terminationStatus,
      output: String(decoding: data, as: UTF8.self))
  }

  static func swiftc(_ arguments: [String]) throws -> Run {
    try run("/usr/bin/env", ["swiftc"] + arguments)
  }

  /// Every Swift file of the library.
  static func libraryFiles() throws -> [String] {
    try FileManager.default.subpathsOfDirectory(
      atPath: librarySources.resolvingSymlinksInPath().path
    ).filter { $0.hasSuffix(".swift") }.sorted().map {
      librarySources.appending(path: $0).path
    }
  }

  /// Runs `body` with a folder that is gone afterwards.
  static func withTemporaryFolder<Result>(
    _ body: (URL) throws -> Result
  ) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "fallow-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }
}
