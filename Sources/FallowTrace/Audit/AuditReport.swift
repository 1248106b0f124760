// SPDX-License-Identifier: Apache-2.0

/// What a recording shows of the deferred free, rule by rule.
///
///     let report = try AuditReport.read(path: "record.txt")
///     for rule in report.rules where rule.verdict == .violated {
///       print(rule.name, rule.count)
///     }
///
/// Encoded, it is the object that `fallow audit --json` prints.
public struct AuditReport: Codable, Equatable, Sendable {
  /// What was read, and how much of it is missing.
  public var trace: AuditSource
  /// A finding for each rule, in the order of ``AuditRuleName``.
  public var rules: [AuditFinding]
  /// The tables by the function that freed them and by their route.
  public var sites: [AuditSite]
  /// What the deferred free costs.
  public var cost: AuditCost

  /// How tables went through the queue; not encoded.
  public var flow = TableFlow()

  /// The history of the worst case; nil if no rule was broken.
  public var worstCase: WorstCase?

  private enum CodingKeys: String, CodingKey {
    case trace, rules, sites, cost
  }

  /// Reads a recording (`-` is standard input) and audits it.
  ///
  /// - Parameters:
  ///   - path: The recording, in any format that ``TraceReader`` reads.
  ///   - onProgress: Called now and then with how far reading has come.
  /// - Returns: The report.
  /// - Throws: ``TraceError`` if there is nothing to read.
  /// - Complexity: O(events) in time; memory for each table and each run.
  public static func read(
    path: String, onProgress: ((TraceProgress) -> Void)? = nil
  ) throws(TraceError) -> AuditReport {
    try read(TraceReader(path: path, onProgress: onProgress))
  }

  /// Audits what `reader` reads.
  ///
  /// - Parameter reader: A reader of the recording.
  /// - Returns: The report.
  /// - Throws: ``TraceError`` if there is nothing to read.
  public static func read(
    _ reader: TraceReader
  ) throws(TraceError) -> AuditReport {
    var builder = HistoryBuilder()
    let reading = try reader.read(into: &builder)
    let figures = builder.figures.figures(reading.symbols)
    var report = AuditReport(builder.finish(reading), figures)
    report.flow = builder.figures.flow
    return report
  }

  init(_ history: AuditHistory, _ figures: RecordedFigures) {
    trace = history.source
    rules = AuditRule.all.map { $0.finding(history) }
    sites = history.sites
    cost = AuditCost(history, figures)
    worstCase = WorstCase(history, rules)
  }
}

extension AuditReport {
  /// Whether a rule was broken.
  public var isViolated: Bool {
    rules.contains { $0.verdict == .violated }
  }

  /// Whether every rule was judged.
  public var isComplete: Bool {
    !rules.contains { $0.verdict == .notJudged }
  }
}
