// SPDX-License-Identifier: Apache-2.0

internal import FallowExplorer
internal import FallowReport

/// What `fallow check` prints of one search.
struct CheckText {
  let entry: CatalogueEntry
  let outcome: Outcome
  let options: SearchOptions

  /// The scenario and the verdict; then the steps of a violation, what was
  /// searched, and the statistics.
  func lines(_ colours: Colours) -> [String] {
    var lines = summary(colours)
    if outcome.verdict == .violation { lines += [""] + steps(colours) }
    lines += ["", "What was searched"] + machine.lines
    return lines + ["", "Statistics"] + statistics.lines
  }

  /// The scenario and the verdict.
  func summary(_ colours: Colours) -> [String] {
    [
      colours.text("\(entry.name): \(entry.what)", .strong),
      "  " + colours.text(verdict, style),
    ]
  }

  /// The same as a page, the steps as a drawing.
  var page: HTMLPage {
    var page = HTMLPage(title: "\(entry.name): \(entry.what)")
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
    for row in machine.rows { page.addParagraph("\(row.label): \(row.text)") }
    page.addHeading("Statistics")
    for row in statistics.rows {
      page.addParagraph("\(row.label): \(row.text)")
    }
    return page
  }

  private var style: TextTable.Style {
    switch outcome.verdict {
    case .safe: .calm
    case .violation, .incomplete, .refused, .noViolationFound: .alarm
    }
  }

  private var verdict: String {
    switch outcome.verdict {
    case .safe: "Safe: every interleaving within these bounds was searched."
    case .incomplete where options.replay != nil:
      outcome.divergence.map {
        "Incomplete: the code does otherwise from the token's step \($0.step) "
          + "on."
      } ?? "Incomplete: the token's steps do no harm."
    case .incomplete where outcome.isStopped:
      "Incomplete: it was stopped; --continue "
        + "\(options.checkpoint?.path ?? "") goes on."
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
    case .noViolationFound:
      "No violation found in "
        + Numbers.count(outcome.random?.runs ?? 0, of: "execution")
        + " at random; that is no proof."
    case .violation where outcome.oracle.isLimit:
      "Not judged (\(outcome.oracle)): \(outcome.sentence)"
    case .violation:
      "Violation (\(outcome.oracle)): \(outcome.sentence)"
        + (outcome.isConfirmed
          ? ""
          : " INTERNAL ERROR: steps taken one by one do not show it.")
    }
  }

  private func steps(_ colours: Colours) -> [String] {
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
      switch repeated {
      case 0: [] as [String]
      case 1: ["the last step repeats for ever"]
      default: ["the last \(repeated) steps repeat for ever"]
      }
    return (table.lines(colours: colours) + lasso + note).map { "  " + $0 }
  }
}
