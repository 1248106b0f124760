// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// The `fallow-record` command: what a machine that is recorded needs.
struct RecorderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fallow-record",
    abstract: """
      Records a Linux kernel's page-table frees, and audits and replays what \
      was recorded.
      """,
    discussion: """
      It is the command `fallow` without the search of interleavings, in one \
      file that needs no library:

        sudo fallow-record record -o record.txt -- modprobe xfs
        fallow-record audit record.txt
      """,
    version: "fallow-record \(Version.current)",
    subcommands: [
      RecordCommand.self, AuditCommand.self, ReplayCommand.self,
    ])
}
