// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowExplorer

/// Each fault is found, by the oracle that is its own, and shown again with
/// walkers that go step by step; what is right is safe.
@Suite struct CatalogueTests {
  @Test(arguments: Catalogue.all.map(\.name))
  func everyEntryIsAsExpected(name: String) throws {
    let entry = try #require(Catalogue.all.first { $0.name == name })
    #if DEBUG
      // What is safe is searched to its end, which `fallow check` does, built
      // with -O; and Swift 6.3.1 does not run the deinit of a generic token
      // here.
      if entry.expected == .safe || entry.oracle == .droppedToken { return }
    #endif
    var options = SearchOptions()
    options.stopEarly()
    let outcome = entry.search(entry.scenario, options)
    if outcome.verdict == .incomplete { return }
    #expect(outcome.verdict == entry.expected)
    #expect(outcome.oracle == entry.oracle)
    #expect(outcome.isConfirmed)
    #expect(outcome.timeline.isEmpty == (entry.expected == .safe))
    SourceFiles.expectLines(of: outcome.timeline)
  }

  @Test func namesAreUnique() {
    let names = Catalogue.all.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names.count >= 200)
    #expect(Catalogue.all.count { $0.expected == .violation } >= 150)
  }

  /// A commit, a CVE, a thread, a manual; or the entry guards a claim of
  /// Fallow's own.
  @Test func everyOriginIsPublic() {
    let sources = [
      "CVE-", "XSA-", "Linux", "syzbot", "iommu/sva", "RISC-V", "VT-d", "PCIe",
      "rust-osdev/", "redox-os/", "StelluxOS", "tgoskits", "pKVM-IA",
      "asterinas", "OpenBSD",
      "Fallow's own: ",
    ]
    for entry in Catalogue.all {
      #expect(
        sources.contains { entry.origin.contains($0) },
        "\(entry.name): \(entry.origin)")
    }
  }

  /// An oracle that no fault reports is one that may not work.
  @Test func everyOracleHasAFault() {
    let found = Set(Catalogue.all.map(\.oracle))
    let without: Set<Oracle> = [
      // The history names it more exactly.
      .heldAtRelease,
      // Mistakes of the code that is searched, which SearchTests make.
      .notRepeatable, .endlessOperation, .unknownOperation,
      .swallowedStop,
      // BrokenProtocolTests make them.
      .outOfBounds, .staleLeaf, .waitsForEver, .ownProperty,
      // Mistakes of programs in C, which FallowCheckCTests make.
      .assertion, .badAddress, .badInstruction, .stackOverflow, .staleStack,
      .badFree, .useAfterFree, .queuedTwice, .tooManyCalls, .outOfMemory,
      .unannouncedStore, .endlessLoop,
    ]
    for oracle in Oracle.allCases where !without.contains(oracle) {
      #expect(found.contains(oracle), "\(oracle)")
    }
  }

  /// What Spin's breadth-first search needs to show the same faults of a model
  /// of one CPU, one slot and two frames; the lost wake-up it shows by depth.
  static let spin: [(name: String, steps: Int)] = [
    ("immediate", 12), ("collapse-immediate", 16),
    ("queues-before-clear", 23), ("flush-before-splice", 35),
    ("no-wait", 22), ("no-device", 29), ("device-first", 31),
    ("looks-before-clearing", 26), ("no-cpu-flush", 24), ("undrained", 26),
    ("lost-wake-up", 2_303),
  ]

  @Test(arguments: spin)
  func theStoryIsNoLongerThanSpins(name: String, steps: Int) throws {
    let entry = try #require(Catalogue.all.first { $0.name == name })
    let outcome = entry.search(entry.scenario, SearchOptions())
    #expect(outcome.verdict == .violation)
    #expect((1...steps).contains(outcome.timeline.count))
  }
}
