import Testing

@testable import FallowExplorer

/// Each fault is found, by the oracle that is its own, and shown again with
/// walkers that go step by step; what is right is safe.
@Suite struct CatalogueTests {
  @Test(arguments: Catalogue.all.map(\.name))
  func everyEntryIsAsExpected(name: String) throws {
    let entry = try #require(Catalogue.all.first { $0.name == name })
    var options = SearchOptions()
    // The large ones are for `fallow check`, which is built with -O.
    options.memory = 16
    let outcome = entry.search(entry.scenario, options)
    if entry.expected == .safe && outcome.verdict == .incomplete { return }
    #expect(outcome.verdict == entry.expected)
    #expect(outcome.oracle == entry.oracle)
    #expect(outcome.isConfirmed)
    #expect(outcome.timeline.isEmpty == (entry.expected == .safe))
  }

  @Test func namesAreUnique() {
    let names = Catalogue.all.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(Catalogue.all.count { $0.expected == .violation } >= 45)
  }

  /// An oracle that no fault reports is one that may not work.
  @Test func everyOracleHasAFault() {
    let found = Set(Catalogue.all.map(\.oracle))
    let without: Set<Oracle> = [
      // Named more exactly by the history, or bugs of the explorer's users.
      .heldAtRelease, .notRepeatable, .endlessOperation, .droppedToken,
      .staleWalk, .wrongLookup,
    ]
    for oracle in Oracle.allCases where !without.contains(oracle) {
      #expect(found.contains(oracle), "\(oracle)")
    }
  }
}
