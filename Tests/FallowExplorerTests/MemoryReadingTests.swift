// SPDX-License-Identifier: Apache-2.0

import Fallow
import Testing

@testable import FallowExplorer

/// IOMMUs that read their structures and their queue from memory.
@Suite struct MemoryReadingTests {
  private static let kinds: [IOMMUStructures] = [.vtd, .riscv, .smmuv3]

  #if !DEBUG
    /// Faults of the drivers that ship, which are found in few states.
    private static var faults: [String] {
      Catalogue.all.filter {
        $0.expected == .violation && $0.scenario.bounds.structures != .none
      }.map(\.name)
    }

    @Test(arguments: faults)
    func whatIsMergedHidesNoFault(name: String) throws {
      let entry = try #require(Catalogue.all.first { $0.name == name })
      var options = SearchOptions()
      options.reductions = [.ownedFrames, .symmetry]
      options.stopEarly()
      let outcome = entry.search(entry.scenario, options)
      // Where all steps are too many, nothing is compared.
      if outcome.verdict == .incomplete { return }
      #expect(outcome.verdict == .violation)
      #expect(outcome.oracle == entry.oracle)
    }
  #endif

  @Test(arguments: kinds)
  func aManualCountsCommandsAsItsRegistersDo(kind: IOMMUStructures) throws {
    let manual = try #require(kind.manual)
    let positions = manual.positions
    #expect(positions.capacity * manual.commandSize == 4096)
    #expect(positions.position(of: positions.period) == 0)
  }

  @Test func everyKindHasAManual() {
    #expect(IOMMUStructures.none.manual == nil)
    for kind in Self.kinds { #expect(kind.manual != nil) }
  }
}
