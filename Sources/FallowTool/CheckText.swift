internal import FallowExplorer
internal import FallowReport

/// What `fallow check` prints of one search.
struct CheckText {
  let entry: CatalogueEntry
  let outcome: Outcome
  let options: SearchOptions

  /// The lines.
  func lines(_ colours: Colours) -> [String] {
    let bounds = entry.scenario.bounds
    var lines = [
      colours.text("\(entry.name): \(entry.what)", .strong),
      "  scheme \(entry.scheme), \(bounds.cpus) CPUs, \(bounds.slots) slots, "
        + "\(bounds.frames) frames besides the root, \(bounds.iommus) IOMMUs, "
        + "\(bounds.pasids) PASIDs\(bounds.ats ? ", device TLBs" : "")"
        + (bounds.mayFail ? ", failing invalidations" : ""),
      "  rules: \(entry.scenario.rules.vendor)"
        + (entry.scenario.rules.waitDrains
          ? ", a wait covers walks under way"
          : ", a wait does not cover walks under way"),
    ]
    if outcome.verdict == .violation { lines += story(colours) }
    lines.append("  " + colours.text(verdict, style))
    lines.append(
      "  \(Numbers.count(outcome.states)) states, "
        + "\(Numbers.count(outcome.transitions)) transitions, diameter "
        + "\(outcome.diameter), frontier \(Numbers.count(outcome.frontier)), "
        + "\(Numbers.ratio(outcome.seconds)) s, "
        + "\(Numbers.count(outcome.memory >> 20)) MiB")
    let collisions =
      Double(outcome.states) * Double(outcome.states)
      / 2 / 18_446_744_073_709_551_616
    lines.append(
      "  64-bit fingerprints, seed \(options.seed), about "
        + "\(collisions) collisions expected; walkers \(mode)"
        + "; symmetry of frames \(options.symmetry ? "used" : "not used")")
    lines.append(
      "  any free frame is handed out, a superset of every allocator")
    return lines
  }

  private var mode: String {
    options.mode == .mayHold ? "hold all that they could" : "go step by step"
  }

  private var style: TextTable.Style {
    switch outcome.verdict {
    case .safe: .calm
    case .violation, .incomplete: .alarm
    }
  }

  private var verdict: String {
    switch outcome.verdict {
    case .safe: "Safe: every interleaving within these bounds was searched."
    case .incomplete: "Incomplete: the bound on memory was met."
    case .violation:
      "Violation (\(outcome.oracle)): \(outcome.sentence)"
        + (outcome.isConfirmed
          ? ""
          : " INTERNAL ERROR: walkers that go step by step do not show it.")
    }
  }

  private func story(_ colours: Colours) -> [String] {
    var table = TextTable(heading: ["actor", "step", "frame", "source"])
    for step in outcome.timeline {
      table.add(
        [step.actor, step.step, step.effect, step.source],
        styles: step == outcome.timeline.last
          ? [.alarm, .alarm, .alarm, .alarm] : [])
    }
    return table.lines(colours: colours).map { "  " + $0 }
  }
}
