// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowCheckC
@testable import FallowExplorer

/// What a search of C spares itself hides nothing and invents nothing: C
/// protocols at random have the verdict that the reference gives them, which
/// merges nothing.
@Suite struct GeneratedCTests {
  private static let count = setting("FALLOW_GENERATED_C", or: 10)
  private static let seed = setting("FALLOW_SEED", or: 1 as UInt64)

  @Test func theVerdictIsTheReferences() throws {
    var verdicts: [Verdict: Int] = [:]
    try GeneratedC.forEach(seed: Self.seed, count: Self.count) {
      check, seed, index in
      let entry = try check.entry(of: { GeneratedC.belongs($0, to: index) })
      var options = SearchOptions()
      options.livenessLimit = 0
      let reduced = entry.search(entry.scenario, options)
      let reference = try reference(check, index)
      #expect(
        reduced.verdict == reference.verdict,
        """
        seed \(seed), protocol \(index): \(reduced.oracle) with \
        \(reduced.states) states, \(reference.oracle) with \
        \(reference.states) without reductions
        """)
      verdicts[reduced.verdict, default: 0] += 1
    }
    print("generated C, seed \(Self.seed): \(verdicts)")
    #expect(verdicts[.violation, default: 0] > 0)
  }

  /// The verdict without any reduction.
  private func reference(_ check: CCheck, _ index: Int) throws -> Outcome {
    let entry = try check.entry(
      of: { GeneratedC.belongs($0, to: index) }, loops: .kept)
    var options = SearchOptions()
    options.livenessLimit = 0
    options.reductions = .none
    return entry.search(entry.scenario, options)
  }

  /// A condition of a reduction that is not looked at.
  enum Overlooked: CaseIterable {
    /// That a lock was held at every access to a word.
    case guards
    /// That no other actor can come to a descriptor or a stack.
    case ownership
    /// That registers and stack are as they were.
    case loops
  }

  @Test(arguments: Overlooked.allCases)
  func eachConditionIsNeeded(overlooked: Overlooked) throws {
    let program = try TemporaryC(GeneratedC.file(seed: 1, count: 80))
    let check = try CCheck(program.settings)
    let isFound = try (0..<80).contains { index in
      let entry = try check.entry(
        of: { GeneratedC.belongs($0, to: index) },
        loops: overlooked == .loops ? .cutUnseen : .cut)
      var options = SearchOptions()
      options.livenessLimit = 0
      options.believesGuards = overlooked == .guards
      options.believesOwnership = overlooked == .ownership
      let careless = entry.search(entry.scenario, options)
      return try careless.verdict != reference(check, index).verdict
    }
    #expect(isFound, "the verdicts are the same without looking at it")
  }
}
