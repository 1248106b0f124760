// SPDX-License-Identifier: Apache-2.0

internal import FallowReport
internal import FallowTrace

/// What `fallow replay` prints for a person.
extension ReplayDocument {
  /// The recording and the verdicts, the first stale walk, what was recorded,
  /// and the schemes side by side.
  func text(_ colours: Colours) -> String {
    let events = Numbers.count(report.trace.events, of: "event")
    let heading =
      "\(report.trace.path): \(events), read as \(report.trace.format.rawValue)"
    var blocks = [[colours.text(heading, .strong)]]
    if !schemes.isEmpty {
      blocks[0] += verdicts + [Self.caution]
    }
    if !sweep.isEmpty {
      blocks[0].append(Self.caution)
      blocks.append(sweep.table.lines(colours: colours))
    }
    if let firstStaleWalk {
      blocks.append(StaleWalkTimeline(of: firstStaleWalk).lines(colours))
    }
    blocks.append(recordedLines)
    if !schemes.isEmpty {
      blocks.append(schemeTable.lines(colours: colours))
    }
    return blocks.map { $0.joined(separator: "\n") }
      .joined(separator: "\n\n")
  }

  /// The verdict of each scheme, and its reasons.
  var verdicts: [String] { schemes.map(Self.judgement(of:)) }

  // MARK: What happened in Linux

  private var recordedLines: [String] {
    let recorded = report.recorded
    let lines = [
      "What was recorded",
      "  kernel tables freed   \(Numbers.count(recorded.frees))"
        + list(recorded.callers),
      "  worker runs           \(Numbers.count(recorded.workerRuns)), batches "
        + "of \(recorded.batchSize.p50) (median) to \(recorded.batchSize.max)",
      "  time in the queue     "
        + Numbers.duration(recorded.queueTimeNanoseconds.p50)
        + " (median) to "
        + Numbers.duration(recorded.queueTimeNanoseconds.max),
      "  places of the tables  \(placement.exact) exact, "
        + "\(placement.neverLinked) never linked, \(placement.synthetic) made "
        + "up, \(placement.unknown) unknown",
    ]
    return lines + RecordedRemarks(on: report).lines
  }

  private func list(_ counts: [String: Int]) -> String {
    if counts.isEmpty { return "" }
    let names = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\($0.key) \(Numbers.count($0.value))" }
    return " (" + names.joined(separator: ", ") + ")"
  }

  // MARK: What happens under each scheme

  private var schemeTable: TextTable {
    let heading =
      switch iommu {
      case .vtd: "Replayed"
      case .riscv: "Replayed (RISC-V IOMMU)"
      }
    var table = TextTable(heading: [heading] + schemes.map(\.name))
    func row(_ name: String, _ cell: (SchemeResult) -> String) {
      table.add([name] + schemes.map(cell))
    }
    func alarm(_ name: String, _ value: (SchemeResult) -> UInt64) {
      table.add(
        [name] + schemes.map { Numbers.count(value($0)) },
        styles: [.plain] + schemes.map { value($0) > 0 ? .alarm : .calm })
    }
    table.add(
      ["invalidations per freed table"]
        + schemes.map { Numbers.ratio($0.invalidationsPerFreedTable) },
      styles: Array(repeating: .strong, count: schemes.count + 1))
    alarm("stale reads", \.staleReads)
    alarm("stale writes", \.staleWrites)
    alarm("stale accesses", \.staleAccesses)
    row("tables freed") { Numbers.count($0.tablesFreed) }
    row("freed before their entry was cleared") {
      Numbers.count($0.freedBeforeClear)
    }
    row("invalidation requests") { Numbers.count($0.invalidationRequests) }
    row("waited for IOMMUs") { Numbers.duration($0.waitedNanoseconds) }
    row("tables parked") { Numbers.count($0.parked) }
    row("devices expelled") { Numbers.count($0.expelled) }
    table.add(
      ["tables freed without an answer"]
        + schemes.map { Numbers.count($0.releasedUnanswered) },
      styles: [.plain]
        + schemes.map { $0.releasedUnanswered > 0 ? .alarm : .calm })
    row("most tables pending") { Numbers.count($0.maxPending) }
    row("median time from retire to release") {
      Numbers.duration($0.queueTimeNanoseconds.p50)
    }
    row("device requests") { Numbers.count($0.deviceRequests) }
    row("walks") { Numbers.count($0.walks) }
    row("walks through quarantined tables") {
      Numbers.count($0.walksThroughQuarantined)
    }
    row("tables left pending") { Numbers.count($0.leftPending) }
    return table
  }

  // MARK: What it shows

  /// What the counts of a replay are not.
  static let caution =
    "Device traffic is synthetic: these counts are exposure under it, not "
    + "probabilities."

  /// The word for a verdict, and how it is set off.
  static func word(for verdict: Verdict) -> (String, TextTable.Style) {
    switch verdict {
    case .clear: ("clear", .calm)
    case .violated: ("violated", .alarm)
    case .notJudged: ("not judged", .strong)
    }
  }

  /// A scheme's verdict and its reasons.
  static func judgement(of scheme: SchemeResult) -> String {
    let reasons =
      scheme.reasons.isEmpty
      ? "no walker used a freed table"
      : scheme.reasons.joined(separator: "; ")
    return "\(scheme.name): \(word(for: scheme.verdict).0): \(reasons)."
  }
}
