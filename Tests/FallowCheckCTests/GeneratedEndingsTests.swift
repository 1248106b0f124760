// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowCheckC
@testable import FallowExplorer

/// Merged steps hide no fault of C that uses locks as more than locks, and
/// nothing that never ends.
@Suite struct GeneratedEndingsTests {
  private static let count = setting("FALLOW_GENERATED_ENDINGS", or: 40)
  private static let seed = setting("FALLOW_SEED", or: 1 as UInt64)

  /// What is said of a protocol: a fault, what never ends, or neither.
  private enum Finding: Hashable {
    case ends, waits, goesRound, fault, unknown

    init(_ outcome: Outcome) {
      switch (outcome.verdict, outcome.oracle) {
      case (.violation, .deadlock), (.violation, .waitsForEver): self = .waits
      case (.violation, .livelock): self = .goesRound
      case (.violation, let oracle): self = oracle.isLimit ? .unknown : .fault
      case (.safe, _):
        if case .passed = outcome.liveness {
          self = .ends
        } else {
          self = .unknown
        }
      default: self = .unknown
      }
    }
  }

  private func options(_ reductions: Reductions) -> SearchOptions {
    var options = SearchOptions()
    options.reductions = reductions
    // What has a larger reference is left out.
    options.memory = 16
    options.livenessLimit = 40_000
    return options
  }

  @Test func theFindingIsTheReferences() throws {
    var findings: [Finding: Int] = [:]
    try GeneratedEndings.forEach(seed: Self.seed, count: Self.count) {
      check, seed, index in
      let entry = try check.entry(
        of: { GeneratedEndings.belongs($0, to: index) })
      let every = entry.search(entry.scenario, options(.none))
      let reference = Finding(every)
      findings[reference, default: 0] += 1
      if reference == .unknown { return }
      for reductions in [Reductions.all, [.ownedFrames]] {
        let merged = entry.search(entry.scenario, options(reductions))
        #expect(
          Finding(merged) == reference,
          """
          seed \(seed), protocol \(index), \(reductions.names): \
          \(merged.oracle), not \(every.oracle)
          """)
        #expect(merged.isConfirmed, "seed \(seed), protocol \(index)")
      }
    }
    print("generated endings, seed \(Self.seed): \(findings)")
    for finding in [Finding.ends, .waits, .goesRound, .fault] {
      #expect(findings[finding, default: 0] > 0, "\(finding)")
    }
  }
}
