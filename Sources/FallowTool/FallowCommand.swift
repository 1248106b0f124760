// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// The `fallow` command.
struct FallowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fallow",
    abstract: """
      Shows what happens when a kernel's page-table pages are freed while \
      something can still walk them.
      """,
    discussion: """
      Start with a recording:

        fallow replay Examples/Traces/modprobe-2cpu.trace.txt

      Search every interleaving of the library's own code:

        fallow check

      Exit status: 0 if all is well, 1 if a scheme that claims safety was \
      violated, 2 if the input or the command line could not be used, 3 if a \
      search met its bound or a recording does not support a verdict.
      """,
    version: "fallow \(Version.current)",
    subcommands: [
      RecordCommand.self, AuditCommand.self, ReplayCommand.self,
      CheckCommand.self, HeadersCommand.self, MergeCommand.self,
    ])
}
