// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// How much a command prints, and for which reader.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print JSON.")
  var json = false

  @Flag(
    name: .shortAndLong,
    help: "Print the verdicts alone, and show no progress.")
  var quiet = false

  func validate() throws {
    if json && quiet {
      throw ValidationError("--json prints everything, and --quiet does not")
    }
  }
}
