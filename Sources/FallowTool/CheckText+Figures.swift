// SPDX-License-Identifier: Apache-2.0

internal import FallowExplorer
internal import FallowReport

/// What a search covered, and its figures.
extension CheckText {
  /// The machine within its bounds, and what was left out.
  var machine: LabelledLines {
    let bounds = entry.scenario.bounds
    let rules = entry.scenario.rules
    var lines = LabelledLines()
    if !entry.isProgram { lines.add("scheme", entry.scheme) }
    lines.add(
      "bounds",
      Numbers.count(bounds.cpus, of: "CPU") + ", "
        + Numbers.count(bounds.slots, of: "slot") + ", "
        + Numbers.count(bounds.frames, of: "frame") + " besides the root, "
        + Numbers.count(bounds.iommus, of: "IOMMU") + ", "
        + Numbers.count(bounds.pasids, of: "PASID")
        + (bounds.startsUnshared ? " that no device shares at first" : "")
        + (bounds.ats ? ", device TLBs" : "")
        + (bounds.mayFail ? ", failing invalidations" : ""))
    lines.add(
      "hardware",
      "\(rules.vendor.name); a wait "
        + (rules.waitDrains ? "covers" : "does not cover")
        + " walks under way; walkers "
        + (options.mode == .mayHold
          ? "hold all that they could" : "go step by step"))
    lines.add("memory", memory)
    if options.replay == nil {
      lines.add("endings", endings)
      let happened = CoverageGoal.allCases.filter(outcome.happened.contains)
      if !happened.isEmpty {
        lines.add("happened", happened.map(\.text).joined(separator: "; "))
      }
    }
    return lines
  }

  /// How large the search was, and what made it smaller.
  var statistics: LabelledLines {
    var lines = LabelledLines()
    if options.replay != nil {
      addReplay(to: &lines)
      return lines
    }
    if let random = options.random, let found = outcome.random {
      add(random, found, to: &lines)
    } else {
      addStates(to: &lines)
    }
    var actors: [String] = []
    for step in outcome.coverage where !actors.contains(step.who) {
      actors.append(step.who)
    }
    for actor in actors {
      let steps = outcome.coverage.filter { $0.who == actor }
        .map { "\($0.what) \(Numbers.count($0.times))" }
      lines.add("steps of \(actor)", steps.joined(separator: ", "))
    }
    return lines
  }

  /// The steps of a token, and where the code parts from them.
  private func addReplay(to lines: inout LabelledLines) {
    lines.add(
      "steps",
      Numbers.count(outcome.actions.count, of: "step")
        + " of a token taken again")
    guard let divergence = outcome.divergence else { return }
    lines.add(
      "diverged",
      "at step \(divergence.step) of \(divergence.steps); "
        + Numbers.count(divergence.skipped, of: "step")
        + " could not be taken")
    lines.add("expected", divergence.expected)
    lines.add(
      "offered",
      divergence.offered.isEmpty
        ? "nothing" : divergence.offered.joined(separator: "; "))
  }

  /// What was drawn, and what did not happen in it.
  private func add(
    _ random: RandomOptions, _ found: RandomOutcome,
    to lines: inout LabelledLines
  ) {
    lines.add(
      "executions",
      Numbers.count(found.runs) + " by \(random.strategy.rawValue)"
        + (random.strategy == .pct ? " of depth \(random.depth)" : "")
        + ", seed \(options.seed), each with "
        + Numbers.count(random.operations, of: "operation") + "; "
        + Numbers.count(outcome.transitions, of: "step"))
    if let first = found.firstViolation {
      lines.add(
        "violations",
        Numbers.count(found.violations, of: "execution")
          + ", the first is number \(first)")
    }
    if found.unfinished > 0 {
      lines.add(
        "cut",
        Numbers.count(found.unfinished, of: "execution")
          + " came to no end")
    }
    lines.add(
      "search", Numbers.duration(UInt64(outcome.seconds * 1e9)))
    let missing = CoverageGoal.allCases.filter(outcome.missing.contains)
    if !missing.isEmpty {
      lines.add(
        "did not happen", missing.map(\.text).joined(separator: "; "))
    }
    if !outcome.neverBegun.isEmpty {
      lines.add("never begun", outcome.neverBegun.joined(separator: ", "))
    }
  }

  private func addStates(to lines: inout LabelledLines) {
    lines.add(
      "states",
      Numbers.count(outcome.states) + ", "
        + Numbers.count(outcome.transitions, of: "transition") + ", diameter "
        + Numbers.count(outcome.diameter) + ", frontier "
        + Numbers.count(outcome.frontier))
    lines.add(
      "search",
      Numbers.duration(UInt64(outcome.seconds * 1e9)) + ", "
        + (outcome.memory >> 20 == 0
          ? "less than 1 MiB" : "\(Numbers.count(outcome.memory >> 20)) MiB")
        + ", " + Numbers.count(outcome.memoryPerState, of: "byte")
        + " a state")
    lines.add("identity", identity)
    for (label, text) in merged { lines.add(label, text) }
  }

  private var memory: String {
    let stores = entry.scenario.bounds.storeBuffers
    return
      (stores == 0
      ? "sequentially consistent"
      : "up to \(Numbers.count(stores, of: "store")) of a CPU "
        + (stores == 1 ? "waits" : "wait") + " in its buffer")
      + "; any free frame is handed out, a superset of every allocator"
  }

  private var endings: String {
    switch outcome.liveness {
    case .passed(let states):
      "all that begins also ends, in \(Numbers.count(states, of: "state")), "
        + "if no IOMMU fails for ever; not searched: operations that starve "
        + "others"
    case .notSearched(let reason):
      "not searched: operations that never end, because " + reason
    }
  }

  /// What distinguishes two states.
  private var identity: String {
    if options.isExact { return "states are kept in full" }
    let states = Double(outcome.states)
    let collisions = states * states / 2 / 0x1p64
    return "64-bit fingerprints, seed \(options.seed); about "
      + "\(Numbers.magnitude(collisions)) collisions expected"
  }

  /// What the search spared itself, and why it did not spare itself more.
  private var merged: [(label: String, text: String)] {
    let names = outcome.reductions.names
    var rows = [
      (
        "reduced",
        names.isEmpty ? "nothing is merged" : names.joined(separator: ", ")
      )
    ]
    for obstacle in outcome.obstacles {
      let names = obstacle.prevents.intersection(options.reductions).names
      rows.append(
        (
          "not reduced",
          "\(names.joined(separator: ", ")), because \(obstacle.text)"
        ))
    }
    if outcome.checks > 0 {
      rows.append(
        (
          "symmetry",
          Numbers.count(outcome.checks, of: "step")
            + " also taken with frames and slots exchanged; "
            + Numbers.count(outcome.renamings, of: "state")
            + " without symmetry"
        ))
    }
    return rows
  }
}

extension CacheRules.Vendor {
  /// The name of the hardware's specification.
  fileprivate var name: String {
    switch self {
    case .vtd: "VT-d"
    case .amd: "AMD-Vi"
    case .riscv: "RISC-V IOMMU"
    case .smmuv3: "SMMUv3"
    }
  }
}
