// SPDX-License-Identifier: Apache-2.0

internal import FallowExplorer
internal import FallowReport

/// What `fallow check` prints of one search.
struct CheckText {
  let entry: CatalogueEntry
  let outcome: Outcome
  let options: SearchOptions

  /// The lines.
  func lines(_ colours: Colours) -> [String] {
    [colours.text("\(entry.name): \(entry.what)", .strong)]
      + setting.map { "  " + $0 }
      + (outcome.verdict == .violation ? story(colours) : [])
      + ["  " + colours.text(verdict, style)] + reach.map { "  " + $0 }
  }

  private var setting: [String] {
    let bounds = entry.scenario.bounds
    return [
      (entry.isProgram ? "" : "scheme \(entry.scheme); ")
        + "\(bounds.cpus) CPUs, \(bounds.slots) slots, "
        + "\(bounds.frames) frames besides the root, \(bounds.iommus) IOMMUs, "
        + "\(bounds.pasids) PASIDs\(bounds.ats ? ", device TLBs" : "")"
        + (bounds.mayFail ? ", failing invalidations" : ""),
      "rules: \(entry.scenario.rules.vendor)"
        + (entry.scenario.rules.waitDrains
          ? ", a wait covers walks under way"
          : ", a wait does not cover walks under way"),
    ]
  }

  private var reach: [String] {
    let collisions =
      Double(outcome.states) * Double(outcome.states)
      / 2 / 18_446_744_073_709_551_616
    if options.replay != nil {
      return ["\(outcome.actions.count) steps of a token were taken again"]
    }
    return [
      "\(Numbers.count(outcome.states)) states, "
        + "\(Numbers.count(outcome.transitions)) transitions, diameter "
        + "\(outcome.diameter), frontier \(Numbers.count(outcome.frontier)), "
        + "\(Numbers.ratio(outcome.seconds)) s, "
        + "\(Numbers.count(outcome.memory >> 20)) MiB",
      options.isExact
        ? "states are kept in full"
        : "64-bit fingerprints, seed \(options.seed), about \(collisions) "
          + "collisions expected",
      "walkers \(mode); " + merged,
      "any free frame is handed out, a superset of every allocator; "
        + memory,
      liveness,
    ] + coverage
  }

  /// What the search spared itself, and why it did not spare itself more.
  private var merged: String {
    let names = outcome.reductions.names
    let applied =
      names.isEmpty ? "nothing is merged" : names.joined(separator: ", ")
    let checked =
      outcome.checks == 0
      ? ""
      : "; \(Numbers.count(outcome.checks)) steps were also taken with "
        + "frames and slots exchanged; "
        + "\(Numbers.count(outcome.renamings)) states without symmetry"
    let withheld = outcome.obstacles.map { obstacle in
      let names = obstacle.prevents.intersection(options.reductions).names
      return "; not applied: \(names.joined(separator: ", ")), because "
        + obstacle.text
    }
    return applied + checked + withheld.joined()
  }

  private var liveness: String {
    switch outcome.liveness {
    case .passed(let states):
      "all that begins also ends, in \(Numbers.count(states)) states, if no "
        + "IOMMU fails for ever; not searched: operations that starve others"
    case .notSearched(let reason):
      "not searched: operations that never end, because " + reason
    }
  }

  private var coverage: [String] {
    var actors: [String] = []
    for step in outcome.coverage where !actors.contains(step.who) {
      actors.append(step.who)
    }
    let steps = actors.map { who in
      "steps of \(who): "
        + outcome.coverage.filter { $0.who == who }
        .map { "\($0.what) \(Numbers.count($0.times))" }
        .joined(separator: ", ")
    }
    let happened = CoverageGoal.allCases.filter(outcome.happened.contains)
    return steps + ["happened: " + happened.map(\.text).joined(separator: "; ")]
  }

  /// The same as a page, the timeline as a drawing.
  var page: HTMLPage {
    var page = HTMLPage(title: "\(entry.name): \(entry.what)")
    for line in setting { page.addParagraph(line) }
    page.addHeading(verdict)
    if !outcome.timeline.isEmpty {
      page.add(
        drawing: ColumnTimeline(
          outcome.timeline.map {
            ColumnTimeline.Event(
              actor: $0.actor, text: $0.step, source: $0.source,
              standing: $0.effect)
          }
        ).drawing)
    }
    page.addHeading("What was searched")
    for line in reach { page.addParagraph(line) }
    return page
  }

  private var memory: String {
    let stores = entry.scenario.bounds.storeBuffers
    return stores == 0
      ? "memory is sequentially consistent"
      : "up to \(stores) stores of a CPU wait in its buffer"
  }

  private var mode: String {
    options.mode == .mayHold ? "hold all that they could" : "go step by step"
  }

  private var style: TextTable.Style {
    switch outcome.verdict {
    case .safe: .calm
    case .violation, .incomplete, .refused: .alarm
    }
  }

  private var verdict: String {
    switch outcome.verdict {
    case .safe: "Safe: every interleaving within these bounds was searched."
    case .incomplete where options.replay != nil:
      "Incomplete: the token's steps cannot be taken, or do no harm."
    case .incomplete where !outcome.missing.isEmpty:
      "Incomplete: it never happened that "
        + CoverageGoal.allCases.filter(outcome.missing.contains).map(\.text)
        .joined(separator: ", or that ") + "."
    case .incomplete where !outcome.neverBegun.isEmpty:
      "Incomplete: no actor could ever begin "
        + outcome.neverBegun.joined(separator: ", or ") + "."
    case .incomplete where !outcome.neverHeld.isEmpty:
      "Incomplete: it never held that "
        + outcome.neverHeld.joined(separator: ", or that ") + "."
    case .incomplete: "Incomplete: the bound on memory was met."
    case .refused:
      "Not searched: "
        + (outcome.obstruction ?? "the scenario cannot be searched") + "."
    case .violation where outcome.oracle.isLimit:
      "Not judged (\(outcome.oracle)): \(outcome.sentence)"
    case .violation:
      "Violation (\(outcome.oracle)): \(outcome.sentence)"
        + (outcome.isConfirmed
          ? ""
          : " INTERNAL ERROR: steps taken one by one do not show it.")
    }
  }

  private func story(_ colours: Colours) -> [String] {
    var table = TextTable(
      heading: ["actor", "step", "frame \(outcome.frame)", "source"],
      textColumns: 4)
    let named = "frame \(outcome.frame): "
    for step in outcome.timeline {
      table.add(
        [
          step.actor, step.step,
          step.effect.replacing(named, with: "", maxReplacements: 1),
          step.source,
        ],
        styles: step == outcome.timeline.last
          ? [.alarm, .alarm, .alarm, .alarm] : [])
    }
    let note =
      outcome.namesLines
      ? [] : ["where debug information has no line, a step names its access"]
    let repeated = outcome.timeline.count { $0.isRepeated }
    let lasso =
      repeated == 0 ? [] : ["the last \(repeated) steps repeat for ever"]
    return (table.lines(colours: colours) + lasso + note).map { "  " + $0 }
  }
}
