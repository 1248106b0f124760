// SPDX-License-Identifier: Apache-2.0

import FallowExplorer
import Foundation
import Testing

@testable import FallowCheckC

/// Each name of `fallow/linux.h` occurs in a protocol that is safe, and goes
/// wrong with WRONG defined, in the way that the file's first line says.
@Suite struct KernelNamesTests {
  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appendingPathComponent("Names")

  static let files =
    (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?
    .filter { $0.hasSuffix(".c") }.sorted() ?? []

  private func outcome(_ file: String, isWrong: Bool) throws -> Outcome {
    var settings = CSettings()
    settings.files = [Self.folder.appendingPathComponent(file).path]
    settings.defines = isWrong ? ["WRONG"] : []
    let entry = try CCheck(settings).entry()
    var options = SearchOptions()
    options.livenessLimit = 0
    return entry.search(entry.scenario, options)
  }

  @Test(arguments: files) func theRightFormIsSafe(file: String) throws {
    let outcome = try outcome(file, isWrong: false)
    #expect(outcome.verdict == .safe, "\(outcome.sentence)")
  }

  @Test(arguments: files) func theWrongFormIsFound(file: String) throws {
    let outcome = try outcome(file, isWrong: true)
    let path = Self.folder.appendingPathComponent(file).path
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.hasPrefix("/* With WRONG: \(outcome.oracle). */"))
    #expect(outcome.verdict == .violation)
    #expect(outcome.isConfirmed)
  }

  /// A name that no file has is one whose meaning nothing checks.
  @Test func everyNameOfTheHeadersOccurs() throws {
    let headers = Self.folder.deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Sources/FallowKernelC/headers/fallow/kernel")
    let text = try Self.text(of: headers, suffix: ".h")
    let macros = text.matches(of: #/(?m)^\#define (\w+)/#)
    let functions = text.matches(of: #/static inline [\w *]*?(\w+)\(/#)
    let declared = (macros.map(\.output.1) + functions.map(\.output.1))
      // What other macros are made of.
      .filter { !$0.hasPrefix("_") && !$0.hasSuffix("_") }
      .filter { !$0.lowercased().hasPrefix("fallow") }
    let used = try Self.text(of: Self.folder, suffix: ".c")
    let occurring = Set(
      used.split { !($0.isLetter || $0.isNumber || $0 == "_") })
    #expect(declared.count > 400)
    for name in Set(declared) where !occurring.contains(name) {
      // Numbers that lists are poisoned with, and guards of the headers.
      if name.hasPrefix("LIST_POISON") { continue }
      Issue.record("\(name) is in no file of Names")
    }
  }

  private static func text(of folder: URL, suffix: String) throws -> String {
    try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(suffix) }
      .map {
        try String(
          contentsOf: folder.appendingPathComponent($0), encoding: .utf8)
      }
      .joined(separator: "\n")
  }
}
