// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import FallowReport
internal import Foundation

/// The file that `--report` names.
struct ReportFile {
  /// Its path.
  let path: String

  /// Fails where no file of that path can be written, so that nobody waits for
  /// a report that cannot be kept.
  ///
  /// - Throws: An exit with status 2, after a line that says what is wrong.
  func requireWritable() throws(ExitCode) {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    if !FileManager.default.isWritableFile(atPath: folder) {
      throw failure("\(folder) is no folder that you can write to")
    }
  }

  /// Writes the page, whole or not at all.
  ///
  /// - Parameter page: The page.
  /// - Throws: An exit with status 2, after a line that says what is wrong.
  func write(_ page: HTMLPage) throws(ExitCode) {
    do {
      try Data(page.text.utf8).write(
        to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw failure(error.localizedDescription)
    }
  }

  private func failure(_ reason: String) -> ExitCode {
    printError("fallow: \(path): cannot write the report: \(reason)")
    return ExitCode(ExitStatus.unusable)
  }
}
