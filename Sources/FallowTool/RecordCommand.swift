// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import FallowRecord
internal import FallowReport

/// `fallow record`.
struct RecordCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Record the page-table frees of the running Linux kernel.",
    discussion: """
      Follows each kernel page table from its free to its release by probes \
      that the running kernel itself shows the places for, and looks at the \
      entry that links it. Needs root, x86-64, and a Linux with \
      CONFIG_ASYNC_KERNEL_PGTABLE_FREE.

        sudo fallow record -o record.txt -- modprobe xfs
        fallow audit record.txt

      Without a command it records until SIGINT or SIGTERM. The file has mode \
      0600, since it holds addresses of the kernel.

      Exit status: the command's; without one 0; 2 if the kernel cannot be \
      recorded or the command line cannot be used.
      """)

  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp(
      "The file to create; - for standard output.", valueName: "file"))
  var output = "fallow-record.txt"

  @Flag(help: "Replace the file if it exists.")
  var force = false

  @Argument(
    parsing: .postTerminator,
    help: "A command to run while recording, and its arguments, after `--`.")
  var command: [String] = []

  func run() throws {
    let recorder = Recorder(to: output, replacing: force, command: command)
    let outcome: Recorder.Outcome
    do {
      outcome = try recorder.record { probes in
        printError("fallow: record: ready, \(probes) probes set")
      }
    } catch {
      printError("fallow: \(error)")
      throw ExitCode(ExitStatus.unusable)
    }
    printError(
      "fallow: record: \(Numbers.count(outcome.events)) events, "
        + "\(Numbers.count(outcome.lost)) lost")
    guard let status = outcome.commandStatus, status != 0 else { return }
    printError("fallow: record: the command ended with status \(status)")
    throw ExitCode(status)
  }
}
