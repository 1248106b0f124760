// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import FallowReport
internal import Foundation

/// The file that `--report` names.
struct ReportFile {
  /// Its path.
  let path: String

  /// Writes the page, whole or not at all.
  ///
  /// - Parameter page: The page.
  /// - Throws: An exit with status 2, after a line that says what is wrong.
  func write(_ page: HTMLPage) throws(ExitCode) {
    do {
      try Data(page.text.utf8).write(
        to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      printError(
        "fallow: \(path): cannot write the report: "
          + error.localizedDescription)
      throw ExitCode(ExitStatus.unusable)
    }
  }
}
