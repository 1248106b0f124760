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

  @Test func thereAreFiles() { #expect(Self.files.count > 30) }
}
