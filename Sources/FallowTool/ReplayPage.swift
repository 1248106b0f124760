// SPDX-License-Identifier: Apache-2.0

internal import FallowReport
internal import FallowSchemes
internal import FallowTrace

/// A replay as a page of its own: `fallow replay --report`.
struct ReplayPage {
  private typealias Cell = HTMLTable.Cell

  private let document: ReplayDocument

  /// The page of `document`.
  init(_ document: ReplayDocument) {
    self.document = document
  }

  /// The page.
  var page: HTMLPage {
    var page = HTMLPage(title: "Replay of \(document.report.trace.path)")
    for scheme in document.schemes {
      page.addVerdict(
        ReplayDocument.judgement(of: scheme),
        ReplayDocument.word(for: scheme.verdict).1)
    }
    page.addHeading("The recording")
    page.add(recorded)
    for remark in RecordedRemarks(on: document.report).lines {
      page.addParagraph(remark)
    }
    if !document.schemes.isEmpty { addSchemes(to: &page) }
    if !document.sweep.isEmpty { addSweep(to: &page) }
    if let walk = document.firstStaleWalk {
      page.addHeading("The first stale walk under \(walk.scheme)")
      page.addTimeline(StaleWalkTimeline(of: walk).rows)
    }
    page.addHeading("The queue")
    FlowFigures(document.report.flow, of: "as recorded").add(to: &page)
    for (scheme, flow) in zip(document.schemes, document.flows) {
      FlowFigures(flow, of: "under \(scheme.name)").add(to: &page)
    }
    return page
  }

  private var recorded: HTMLTable {
    let recorded = document.report.recorded
    let wait = "recorded.queueTimeNanoseconds"
    var table = HTMLTable(heading: ["recorded", "figure"])
    table.add([
      .text("events"),
      .count(document.report.trace.events, at: "trace.events"),
    ])
    table.add([
      .text("tables freed"), .count(recorded.frees, at: "recorded.frees"),
    ])
    table.add([
      .text("worker runs"),
      .count(recorded.workerRuns, at: "recorded.workerRuns"),
    ])
    table.add([
      .text("median batch"),
      .count(recorded.batchSize.p50, at: "recorded.batchSize.p50"),
    ])
    table.add([
      .text("largest batch"),
      .count(recorded.batchSize.max, at: "recorded.batchSize.max"),
    ])
    table.add([
      .text("median time in the queue"),
      .duration(recorded.queueTimeNanoseconds.p50, at: wait + ".p50"),
    ])
    table.add([
      .text("longest time in the queue"),
      .duration(recorded.queueTimeNanoseconds.max, at: wait + ".max"),
    ])
    table.add([
      .text("most tables pending"),
      .count(recorded.maxPending, at: "recorded.maxPending"),
    ])
    return table
  }

  // MARK: Schemes

  private func addSchemes(to page: inout HTMLPage) {
    page.addHeading("Under each scheme")
    page.add(schemes)
    page.add(
      figure: invalidations(
        document.schemes.map { ($0.name, $0.invalidationsPerFreedTable) }),
      caption: "Invalidation requests for each table freed")
    page.addParagraph(ReplayDocument.caution)
  }

  private var schemes: HTMLTable {
    let schemes = document.schemes
    var table = HTMLTable(heading: ["replayed"] + schemes.map(\.name))
    func row(_ name: String, _ cell: (SchemeResult, String) -> Cell) {
      table.add(
        [.text(name)]
          + schemes.enumerated().map { cell($1, "schemes.\($0)") })
    }
    func uses(_ name: String, _ key: String, _ value: (SchemeResult) -> UInt64)
    {
      row(name) {
        .count(
          value($0), at: "\($1).\(key)", value($0) > 0 ? .alarm : .calm)
      }
    }
    row("invalidations per freed table") {
      .ratio(
        $0.invalidationsPerFreedTable, at: $1 + ".invalidationsPerFreedTable")
    }
    uses("stale reads", "staleReads", \.staleReads)
    uses("stale writes", "staleWrites", \.staleWrites)
    uses("stale accesses", "staleAccesses", \.staleAccesses)
    row("tables freed") { .count($0.tablesFreed, at: $1 + ".tablesFreed") }
    row("invalidation requests") {
      .count($0.invalidationRequests, at: $1 + ".invalidationRequests")
    }
    row("waited for IOMMUs") {
      .duration($0.waitedNanoseconds, at: $1 + ".waitedNanoseconds")
    }
    row("most tables pending") {
      .count($0.maxPending, at: $1 + ".maxPending")
    }
    row("median time from retire to release") {
      .duration(
        $0.queueTimeNanoseconds.p50, at: $1 + ".queueTimeNanoseconds.p50")
    }
    row("device requests") {
      .count($0.deviceRequests, at: $1 + ".deviceRequests")
    }
    row("tables left pending") {
      .count($0.leftPending, at: $1 + ".leftPending")
    }
    return table
  }

  private func invalidations(_ ratios: [(String, Double)]) -> String {
    BarPlot(
      title: "Invalidation requests for each table freed",
      ratios.map { name, ratio in
        BarPlot.Bar(name: name, value: ratio, text: Numbers.ratio(ratio))
      }
    ).drawing
  }

  // MARK: A sweep

  private func addSweep(to page: inout HTMLPage) {
    page.addHeading("The sweep")
    page.add(sweep)
    for name in SchemeName.allCases.map(\.rawValue) {
      let results = document.sweep.filter { $0.scheme.name == name }
      // A scheme that asks no IOMMU has nothing to plot.
      guard results.contains(where: { $0.scheme.invalidationRequests > 0 })
      else { continue }
      page.add(
        figure: invalidations(
          results.map { ($0.name, $0.scheme.invalidationsPerFreedTable) }),
        caption: "Invalidation requests for each table freed under \(name), by "
          + "bound spaces x IOMMUs and the window")
    }
    page.addParagraph(ReplayDocument.caution)
  }

  private var sweep: HTMLTable {
    var table = HTMLTable(
      heading: [
        "scheme", "verdict", "bound", "iommus", "window", "stale reads",
        "pending", "median wait", "invalidations per freed table",
      ], textColumns: 2)
    for (index, result) in document.sweep.enumerated() {
      let scheme = result.scheme
      let path = "sweep.\(index)"
      let (word, style) = ReplayDocument.word(for: scheme.verdict)
      table.add([
        .text(scheme.name), .text(word, style),
        .count(result.boundSpaces, at: path + ".boundSpaces"),
        .count(result.iommus, at: path + ".iommus"), .text(result.window),
        .count(scheme.staleReads, at: path + ".scheme.staleReads"),
        .count(scheme.maxPending, at: path + ".scheme.maxPending"),
        .duration(
          scheme.queueTimeNanoseconds.p50,
          at: path + ".scheme.queueTimeNanoseconds.p50"),
        .ratio(
          scheme.invalidationsPerFreedTable,
          at: path + ".scheme.invalidationsPerFreedTable"),
      ])
    }
    return table
  }
}
