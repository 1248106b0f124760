// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import FallowCheckC

/// `fallow headers`.
struct HeadersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "headers",
    abstract: "Write the headers for programs in C into a folder.",
    discussion: """
      `fallow check --c` finds its headers by itself. An editor finds them \
      where this command has written them:

        fallow headers include

      Exit status: 0 if they are written, 2 if they cannot be.
      """)

  @Argument(help: "The folder.")
  var folder: String

  func run() throws {
    do throws(CCheckError) {
      try CHeaders.write(to: folder)
    } catch {
      printError("fallow headers: \(error)")
      throw ExitCode(ExitStatus.unusable)
    }
  }
}
