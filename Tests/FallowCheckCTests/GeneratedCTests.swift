// SPDX-License-Identifier: Apache-2.0

import FallowExplorer
import Foundation
import Testing

@testable import FallowCheckC

/// What a search of C spares itself hides nothing and invents nothing: C
/// protocols at random have the verdict that the reference gives them, which
/// merges nothing.
@Suite struct GeneratedCTests {
  private static let count =
    ProcessInfo.processInfo.environment["FALLOW_GENERATED_C"]
    .flatMap(Int.init) ?? 10
  private static let seed =
    ProcessInfo.processInfo.environment["FALLOW_SEED"]
    .flatMap(UInt64.init) ?? 1

  @Test func theVerdictIsTheReferences() throws {
    let program = try TemporaryC(
      GeneratedC(seed: Self.seed, count: Self.count).text)
    let check = try CCheck(program.settings)
    var verdicts: [Verdict: Int] = [:]
    for index in 0..<Self.count {
      let entry = try check.entry(
        of: { GeneratedC.belongs($0, to: index) })
      var options = SearchOptions()
      options.livenessLimit = 0
      let reduced = entry.search(entry.scenario, options)
      options.reductions = .none
      let reference = entry.search(entry.scenario, options)
      #expect(
        reduced.verdict == reference.verdict,
        """
        seed \(Self.seed), protocol \(index): \(reduced.oracle) with \
        \(reduced.states) states, \(reference.oracle) with \
        \(reference.states) without reductions
        """)
      verdicts[reduced.verdict, default: 0] += 1
    }
    print("generated C, seed \(Self.seed): \(verdicts)")
    #expect(verdicts[.violation, default: 0] > 0)
  }
}
