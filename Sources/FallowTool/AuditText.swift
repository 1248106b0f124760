// SPDX-License-Identifier: Apache-2.0

internal import FallowReport
internal import FallowTrace

/// What `fallow audit` prints for a person.
struct AuditText {
  private let report: AuditReport
  private let colours: Colours

  /// The text of `report`.
  init(_ report: AuditReport, _ colours: Colours) {
    self.report = report
    self.colours = colours
  }

  /// The recording, the sites, the rules, the worst case, the cost and the
  /// verdict.
  var text: String {
    let (verdict, style) = Self.verdict(of: report)
    return [
      heading, sites, rules, worstCase, cost, [colours.text(verdict, style)],
    ]
    .filter { !$0.isEmpty }
    .map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
  }

  /// The rules that were not kept or not judged, and the verdict.
  var verdicts: String {
    let (verdict, style) = Self.verdict(of: report)
    let lines = report.rules.filter { $0.verdict != .held }.map(line)
    return (lines + [colours.text(verdict, style)]).joined(separator: "\n")
  }

  private var heading: [String] {
    let trace = report.trace
    let kernel = trace.kernel.map { ", Linux \($0)" } ?? ""
    return [
      "Recording: \(trace.format)\(kernel)",
      "  " + Numbers.count(trace.events, of: "event") + ", "
        + "\(Numbers.count(trace.lost)) lost, "
        + "\(Numbers.count(trace.gaps)) missing in the sequence",
    ]
  }

  // MARK: Sites

  private var sites: [String] {
    guard !report.sites.isEmpty else { return [] }
    var table = TextTable(
      heading: [
        "Freed by", "route", "tables", "cleared", "named", "unknown",
        "worst wait",
      ], textColumns: 2)
    for site in report.sites {
      table.add(
        [
          site.site, Self.name(site.route), Numbers.count(site.pages),
          Numbers.count(site.cleared), Numbers.count(site.named),
          Numbers.count(site.unknown),
          site.route == .atOnce
            ? "-" : Numbers.duration(site.worstWaitNanoseconds),
        ],
        styles: Array(repeating: .plain, count: 4)
          + [site.named > 0 ? .alarm : .plain])
    }
    let callers = Self.callers(of: report).map { "  " + $0 }
    return table.lines(colours: colours)
      + (callers.isEmpty ? [] : ["", "Callers"] + callers)
  }

  /// The most frequent callers of each site, a line for each stack.
  static func callers(of report: AuditReport) -> [String] {
    report.sites.flatMap { site in
      site.stacks.prefix(3).map { stack in
        "\(Numbers.count(stack.pages)) x "
          + stack.functions.prefix(7).joined(separator: " <- ")
      }
    }
  }

  /// The name of a route.
  static func name(_ route: AuditSite.Route) -> String {
    switch route {
    case .queued: "queued"
    case .atOnce: "at once"
    case .neverLinked: "never linked"
    }
  }

  // MARK: Rules

  private var rules: [String] {
    ["Rules"] + report.rules.map(line)
  }

  private func line(_ rule: AuditFinding) -> String {
    let width = report.rules.map(\.name.rawValue.count).max() ?? 0
    let blanks = String(
      repeating: " ", count: width - rule.name.rawValue.count)
    let (word, style) = Self.word(for: rule.verdict)
    let times =
      rule.verdict == .violated ? " " + Numbers.times(rule.count) : ""
    let reason = rule.reason.map { ": \($0)" } ?? ""
    return "  \(rule.name.rawValue)\(blanks)  "
      + colours.text(word + times, style) + reason
  }

  /// The word for a verdict, and how it is set off.
  static func word(
    for verdict: AuditFinding.Verdict
  ) -> (String, TextTable.Style) {
    switch verdict {
    case .held: ("held", .calm)
    case .violated: ("VIOLATED", .alarm)
    case .notJudged: ("not judged", .strong)
    }
  }

  // MARK: The worst case

  private var worstCase: [String] {
    guard let worst = report.worstCase else { return [] }
    var lines = [
      colours.text("The worst case: \(worst.rule.rawValue)", .strong)
    ]
    if !worst.callers.isEmpty {
      lines.append(
        "  freed by " + worst.callers.prefix(8).joined(separator: " <- "))
    }
    for event in worst.events {
      let time = Numbers.time(event.timeNanoseconds)
      let pad = String(repeating: " ", count: max(0, 14 - time.count))
      lines.append(
        "  \(pad)\(time)  \(event.actor) on CPU \(event.cpu): "
          + colours.text(event.text, event.isViolation ? .alarm : .plain))
    }
    return lines
  }

  // MARK: Cost and verdict

  private var cost: [String] {
    let cost = report.cost
    let time = cost.workerRunNanoseconds
    return [
      "Cost",
      "  worker runs    \(Numbers.count(cost.workerRuns)), "
        + "\(Numbers.duration(time.p50)) (median) to "
        + "\(Numbers.duration(time.max)), \(Numbers.duration(time.total)) in "
        + "all",
      "  batches        \(cost.batchSize.p50) (median) to "
        + Numbers.count(cost.batchSize.max, of: "table") + ", "
        + "\(Numbers.count(cost.batchSize.emptyRuns)) empty",
      "  invalidations  \(Numbers.ratio(cost.invalidationsPerFreedTable)) for "
        + "each table released",
      "  in the queue   \(Numbers.duration(cost.queueTimeNanoseconds.p50)) "
        + "(median) to \(Numbers.duration(cost.queueTimeNanoseconds.max))",
    ]
  }

  /// What an audit comes to, and how it is set off.
  static func verdict(of report: AuditReport) -> (String, TextTable.Style) {
    let broken = report.rules.count { $0.verdict == .violated }
    let unjudged = report.rules.count { $0.verdict == .notJudged }
    let rest = unjudged > 0 ? ", \(unjudged) not judged" : ""
    if broken > 0 {
      let rules = broken == 1 ? "rule" : "rules"
      return ("Verdict: \(broken) \(rules) broken\(rest)", .alarm)
    }
    return unjudged > 0
      ? ("Verdict: no rule seen broken\(rest): no all-clear", .strong)
      : ("Verdict: every rule held", .calm)
  }
}

extension WorstCase.Event {
  /// The task's name and number.
  var actor: String {
    taskName.map { "\($0)-\(task)" } ?? "task \(task)"
  }
}
