// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import FallowExplorer
internal import FallowReport
internal import FallowSchemes
internal import FallowTrace
internal import Foundation

/// `fallow replay`.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Replay a recorded Linux trace under one scheme after another.",
    discussion: """
      Reads a recording of kernel page-table frees (ftrace text, perf script \
      text, trace-cmd report text; recognised by content), drives the library \
      with it on a simulated machine while devices issue DMA through the same \
      tables, and prints what happened in Linux, what happens under each \
      scheme, and the first stale walk.

        fallow replay Examples/Traces/modprobe-2cpu.trace.txt
        fallow replay --recorded --json FILE
        xzcat FILE.xz | fallow replay -
        fallow replay --scheme fallow --bound 8 --iommus 4 --seed 7 FILE
        fallow replay --sweep bound=1,8 iommus=1,4 window=0,100us,1ms FILE
        fallow replay --report replay.html FILE
        fallow replay --sweep bound=1,8 iommus=1,4 --shard 1/4 --json FILE

      The device traffic is synthetic: what it finds is exposure under that \
      traffic, not a probability.

      For each scheme the verdict is clear, violated, or not judged, because \
      the recording does not support one: it lacks events, places or frees. \
      `immediate` is there for comparison and claims no safety: a recording \
      of tables that devices may walk is expected to violate it.

      Exit status: 1 if a scheme that claims safety (upstream, fallow) was \
      violated; else 3 if a scheme was not judged, unless --allow-unjudged; \
      else 0. 2 if the input or the command line could not be used. With \
      --recorded nothing is judged, and the status is 0 or 2.
      """)

  @Argument(help: "The recording; - for standard input.")
  var file: String?

  @Option(
    name: .customLong("scheme"),
    help: ArgumentHelp(
      "A scheme to run; may be repeated. (default: all)", valueName: "name"))
  var schemes: [NameArgument<SchemeName>] = []

  @Flag(help: "Read and report the recording; drive nothing.")
  var recorded = false

  @OptionGroup(title: "The simulated machine")
  var machine: ReplayArguments

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      """
      Replay every combination of values of bound, iommus and window, and \
      print a table of what came of them.
      """, valueName: "name=values"))
  var sweep: [String] = []

  @OptionGroup
  var split: ShardOption

  @Option(
    help: ArgumentHelp(
      "Write the result into one HTML file as well.", valueName: "file.html"))
  var report: String?

  @Flag(help: "Exit with 0, not 3, where a scheme was not judged.")
  var allowUnjudged = false

  @OptionGroup
  var output: OutputOptions

  mutating func validate() throws {
    // The words of a sweep end with the first that is none of its own.
    if file == nil, let last = sweep.last, !Sweep.isParameter(last) {
      file = sweep.removeLast()
    }
    guard file != nil else {
      throw ValidationError("name a recording, or - for standard input")
    }
    if recorded && !sweep.isEmpty {
      throw ValidationError("--sweep replays, and --recorded does not")
    }
    if output.quiet && (recorded || !sweep.isEmpty) {
      throw ValidationError(
        "--quiet prints verdicts, and neither --recorded nor --sweep has any")
    }
    if split.shard != nil, sweep.isEmpty || !output.json || report != nil {
      throw ValidationError(
        "--shard splits a sweep and prints JSON: add --sweep and --json alone")
    }
    _ = try Sweep(sweep, machine)
  }

  func run() throws {
    let page = report.map(ReportFile.init)
    try page?.requireWritable()
    let path = file ?? "-"
    let progress = Progress(isQuiet: output.quiet)
    let document = try recorded ? read(path, progress) : replay(path, progress)
    progress.end()
    if let shard = split.shard {
      print(
        try CheckDocument.json(
          ShardDocument(try heading(of: document, shard), document)))
      return try end(document)
    }
    try page?.write(ReplayPage(document).page)
    if output.json {
      print(try document.json())
    } else if output.quiet {
      print(document.verdicts.joined(separator: "\n"))
    } else {
      print(document.text(Terminal.colours))
    }
    try end(document)
  }

  private func end(_ document: ReplayDocument) throws {
    let status = exitStatus(document.schemes + document.sweep.map(\.scheme))
    if status != ExitStatus.success { throw ExitCode(status) }
  }

  private func exitStatus(_ schemes: [SchemeResult]) -> Int32 {
    if schemes.contains(where: { $0.claimsSafety && $0.verdict == .violated }) {
      return ExitStatus.violation
    }
    let isUnjudged = schemes.contains { $0.verdict == .notJudged }
    return isUnjudged && !allowUnjudged
      ? ExitStatus.incomplete : ExitStatus.success
  }

  private func read(
    _ path: String, _ progress: Progress
  ) throws -> ReplayDocument {
    ReplayDocument(
      try RecordedReport.read(path: path) { progress.report($0) })
  }

  /// The schemes, each with the combinations that it is run with.
  var runs: [(name: SchemeName, point: Sweep.Point)] {
    get throws {
      let names =
        schemes.isEmpty ? SchemeName.allCases : schemes.map(\.name)
      let sweep = self.sweep.isEmpty ? nil : try Sweep(self.sweep, machine)
      return names.flatMap { name in
        (sweep?.points(for: name) ?? [machine.point]).map { (name, $0) }
      }
    }
  }

  private func replay(
    _ path: String, _ progress: Progress
  ) throws -> ReplayDocument {
    let recording = try Recording(path: path) { progress.report($0) }
    var document = ReplayDocument(recording.report, iommu: machine.iommu.name)
    let runs = try runs
    let shard = split.shard ?? .whole
    progress.begin()
    for (number, (name, point)) in runs.enumerated()
    where shard.contains(number) {
      let total = Double(max(1, recording.report.trace.events))
      let outcome = name.replay(recording, machine.options(at: point)) {
        let done = (Double(number) + Double($0) / total) / Double(runs.count)
        progress.report("replaying under \(name.rawValue)", done: done)
      }
      if !sweep.isEmpty {
        document.add(outcome, at: point, of: name, number: number)
      } else {
        document.add(outcome)
      }
    }
    return document
  }
}
