// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import FallowReport
internal import FallowTrace
internal import Foundation

/// `fallow audit`.
struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Judge a recording of kernel page-table frees, rule by rule.",
    discussion: """
      Reads a recording by `fallow record`, or ftrace, perf script or \
      trace-cmd report text, and holds each table's way from the free to the \
      release against the rules of the deferred free.

        fallow audit record.txt
        fallow audit --json record.txt
        fallow audit --report record.html record.txt

      A rule that the recording cannot judge is `not judged`, with the reason \
      and what to record.

      Exit status: 1 if a rule was broken, 0 if every rule was judged and \
      kept, 3 if a rule could not be judged, 2 if the input or the command \
      line could not be used.
      """)

  @Argument(help: "The recording; - for standard input.")
  var file: String

  @OptionGroup
  var output: OutputOptions

  @Option(
    help: ArgumentHelp(
      "Write the audit into one HTML file as well.", valueName: "file.html"))
  var report: String?

  @Flag(help: "Exit with status 0 although rules could not be judged.")
  var allowUnjudged = false

  func run() throws {
    let page = report.map(ReportFile.init)
    try page?.requireWritable()
    let progress = Progress(isQuiet: output.quiet)
    let audit = try AuditReport.read(path: file) { progress.report($0) }
    progress.end()
    try page?.write(AuditPage(audit, of: file).page)
    let text = AuditText(audit, Terminal.colours)
    print(
      output.json
        ? try Self.json(audit) : output.quiet ? text.verdicts : text.text)
    if audit.isViolated { throw ExitCode(ExitStatus.violation) }
    if !audit.isComplete && !allowUnjudged {
      throw ExitCode(ExitStatus.incomplete)
    }
  }

  private static func json(_ report: AuditReport) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [
      .prettyPrinted, .sortedKeys, .withoutEscapingSlashes,
    ]
    return String(decoding: try encoder.encode(report), as: UTF8.self)
  }
}
