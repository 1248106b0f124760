internal import ArgumentParser
internal import FallowReport
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
  var file: String

  @Option(
    name: .customLong("scheme"),
    help: ArgumentHelp(
      "A scheme to run; may be repeated. (default: all)", valueName: "name"))
  var schemes: [SchemeName] = []

  @Flag(help: "Read and report the recording; drive nothing.")
  var recorded = false

  @Option(
    name: .customLong("bound"),
    help: ArgumentHelp(
      "Address spaces that are shared with devices.", valueName: "n"))
  var boundSpaces = 1

  @Option(
    help: ArgumentHelp(
      "IOMMUs; each space is shared on each.", valueName: "m"))
  var iommus = 1

  @Option(
    name: .customLong("dma"),
    help: ArgumentHelp(
      "Requests a second that all devices issue together.", valueName: "rate"))
  var requestsPerSecond: UInt64 = ReplayOptions().requestsPerSecond

  @Flag(
    help: """
      Let devices issue requests of supervisor privilege, which reach the \
      kernel's data.
      """)
  var supervisor = false

  @Option(
    help: ArgumentHelp(
      "Nanoseconds that an IOMMU takes for one descriptor.", valueName: "ns"))
  var invalidationLatency: UInt64 = ReplayOptions().invalidationLatency

  @Option(
    help: ArgumentHelp(
      """
      Nanoseconds until a scheduled worker starts, where the recording does \
      not say. (default: the recording's median)
      """, valueName: "ns"))
  var workerLatency: UInt64?

  @Option(
    help: ArgumentHelp(
      "Nanoseconds for which fallow gathers tables before its worker starts.",
      valueName: "ns"))
  var window: UInt64 = ReplayOptions().window

  @Option(
    help: ArgumentHelp(
      """
      Quarantined tables from which on fallow drains before it takes frames \
      for tables. (default: no limit)
      """, valueName: "pages"))
  var limit: UInt64?

  @Option(
    help: ArgumentHelp(
      """
      Let invalidations fail: descriptor, device, late or stuck, with a \
      probability for each.
      """, valueName: "kind[:rate]"))
  var fail: ReplayFailure?

  @Flag(
    help: """
      Retire tables when they were handed over rather than when they were on \
      the list.
      """)
  var entryEvents = false

  @Option(
    help: ArgumentHelp(
      "What every chance is drawn from.", valueName: "s"))
  var seed: UInt64 = ReplayOptions().seed

  @Flag(help: "Exit with 0, not 3, where a scheme was not judged.")
  var allowUnjudged = false

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard (0...1_024).contains(boundSpaces) else {
      throw ValidationError("--bound takes a number from 0 to 1024")
    }
    guard (1...32).contains(iommus) else {
      throw ValidationError("--iommus takes a number from 1 to 32")
    }
    guard requestsPerSecond <= 100_000_000 else {
      throw ValidationError("--dma takes a number up to 100000000")
    }
    guard invalidationLatency <= 1_000_000_000 else {
      throw ValidationError(
        "--invalidation-latency takes a number up to 1000000000")
    }
    guard window <= 1_000_000_000_000 else {
      throw ValidationError("--window takes a number up to 1000000000000")
    }
    guard limit ?? 1 > 0 else {
      throw ValidationError("--limit takes a number from 1 on")
    }
    guard workerLatency ?? 0 <= 1_000_000_000_000 else {
      throw ValidationError(
        "--worker-latency takes a number up to 1000000000000")
    }
  }

  func run() throws {
    let document = try recorded ? read() : replay()
    print(json ? try document.json() : document.text(Terminal.colours))
    let status = exitStatus(document.schemes)
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

  private func read() throws -> ReplayDocument {
    let progress = Progress()
    let report = try RecordedReport.read(path: file) {
      progress.report(Self.reading($0))
    }
    progress.end()
    return ReplayDocument(report)
  }

  private func replay() throws -> ReplayDocument {
    let progress = Progress()
    let recording = try Recording(path: file) {
      progress.report(Self.reading($0))
    }
    var document = ReplayDocument(recording.report)
    for name in schemes.isEmpty ? SchemeName.allCases : schemes {
      let outcome = name.replay(recording, options) { time in
        progress.report("\(name.rawValue): \(Numbers.time(time))")
      }
      document.add(outcome)
    }
    progress.end()
    return document
  }

  private var options: ReplayOptions {
    var options = ReplayOptions()
    options.boundSpaces = boundSpaces
    options.iommus = iommus
    options.requestsPerSecond = requestsPerSecond
    options.supervisorRequests = supervisor
    options.invalidationLatency = invalidationLatency
    options.workerLatency = workerLatency
    options.window = window
    options.limit = limit ?? .max
    options.failures = fail?.rate
    options.retiresAtEntry = entryEvents
    options.seed = seed
    return options
  }

  private static func reading(_ progress: TraceProgress) -> String {
    let read = "read \(Numbers.count(progress.bytesRead >> 20)) MiB"
    guard let total = progress.totalBytes else { return read }
    return read + " of \(Numbers.count(total >> 20))"
  }
}
