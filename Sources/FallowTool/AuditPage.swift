// SPDX-License-Identifier: Apache-2.0

internal import FallowReport
internal import FallowTrace

/// An audit as a page of its own: `fallow audit --report`.
struct AuditPage {
  private typealias Cell = HTMLTable.Cell

  private let report: AuditReport
  private let path: String

  /// The page of what `report` says of the recording at `path`.
  init(_ report: AuditReport, of path: String) {
    self.report = report
    self.path = path
  }

  /// The page.
  var page: HTMLPage {
    var page = HTMLPage(title: "Audit of \(path)")
    let (verdict, style) = AuditText.verdict(of: report)
    page.addVerdict(verdict, style)
    page.add(recording)
    page.addHeading("Rules")
    page.add(rules)
    addWorstCase(to: &page)
    page.addHeading("Who freed tables")
    page.add(sites)
    for line in AuditText.callers(of: report) { page.addParagraph(line) }
    page.addHeading("The queue")
    FlowFigures(report.flow, of: "as recorded").add(to: &page)
    page.addHeading("Cost")
    page.add(cost)
    return page
  }

  private var recording: HTMLTable {
    let trace = report.trace
    var table = HTMLTable(heading: ["recording", "figure"])
    table.add([.text("format"), .text(trace.format)])
    table.add([.text("kernel"), .text(trace.kernel ?? "not recorded")])
    table.add([.text("events"), .count(trace.events, at: "trace.events")])
    table.add([.text("events lost"), .count(trace.lost, at: "trace.lost")])
    table.add([
      .text("missing in the sequence"), .count(trace.gaps, at: "trace.gaps"),
    ])
    return table
  }

  private var rules: HTMLTable {
    var table = HTMLTable(
      heading: ["rule", "verdict", "because", "times"], textColumns: 3)
    for (index, rule) in report.rules.enumerated() {
      let (word, style) = AuditText.word(for: rule.verdict)
      table.add([
        .text(rule.name.rawValue), .text(word, style),
        .text(rule.reason ?? ""),
        .count(rule.count, at: "rules.\(index).count"),
      ])
    }
    return table
  }

  private func addWorstCase(to page: inout HTMLPage) {
    guard let worst = report.worstCase else { return }
    page.addHeading("The worst case: \(worst.rule.rawValue)")
    if !worst.callers.isEmpty {
      page.addParagraph(
        "Freed by " + worst.callers.prefix(8).joined(separator: " <- ") + ".")
    }
    page.addTimeline(
      worst.events.map {
        (
          Numbers.time($0.timeNanoseconds), "\($0.actor) on CPU \($0.cpu)",
          $0.text, $0.isViolation
        )
      })
  }

  private var sites: HTMLTable {
    var table = HTMLTable(
      heading: [
        "freed by", "route", "tables", "cleared", "named", "unknown",
        "worst wait",
      ], textColumns: 2)
    for (index, site) in report.sites.enumerated() {
      let path = "sites.\(index)"
      table.add([
        .text(site.site), .text(AuditText.name(site.route)),
        .count(site.pages, at: path + ".pages"),
        .count(site.cleared, at: path + ".cleared"),
        .count(
          site.named, at: path + ".named", site.named > 0 ? .alarm : .plain),
        .count(site.unknown, at: path + ".unknown"),
        .duration(
          site.worstWaitNanoseconds, at: path + ".worstWaitNanoseconds"),
      ])
    }
    return table
  }

  private var cost: HTMLTable {
    let cost = report.cost
    let run = "cost.workerRunNanoseconds"
    let queue = "cost.queueTimeNanoseconds"
    var table = HTMLTable(
      heading: ["what", "median", "99th percentile", "most", "in all"])
    table.add([
      .text("worker run"),
      .duration(cost.workerRunNanoseconds.p50, at: run + ".p50"),
      .duration(cost.workerRunNanoseconds.p99, at: run + ".p99"),
      .duration(cost.workerRunNanoseconds.max, at: run + ".max"),
      .duration(cost.workerRunNanoseconds.total, at: run + ".total"),
    ])
    table.add([
      .text("tables in a batch, runs"),
      .count(cost.batchSize.p50, at: "cost.batchSize.p50"),
      .count(cost.batchSize.p99, at: "cost.batchSize.p99"),
      .count(cost.batchSize.max, at: "cost.batchSize.max"),
      .count(cost.workerRuns, at: "cost.workerRuns"),
    ])
    table.add([
      .text("time in the queue"),
      .duration(cost.queueTimeNanoseconds.p50, at: queue + ".p50"),
      .duration(cost.queueTimeNanoseconds.p99, at: queue + ".p99"),
      .duration(cost.queueTimeNanoseconds.max, at: queue + ".max"),
      .text(""),
    ])
    table.add([
      .text("invalidations for each table released"),
      .ratio(
        cost.invalidationsPerFreedTable, at: "cost.invalidationsPerFreedTable"),
      .text(""), .text(""), .text(""),
    ])
    return table
  }
}
