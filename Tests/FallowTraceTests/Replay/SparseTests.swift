// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowTrace

/// Recordings with fewer probes than the bundled ones.
@Suite struct SparseTests {
  private static func recording(
    _ sample: Sample, without events: [String]
  ) throws -> Recording {
    let lines = String(decoding: try sample.bytes(), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
      .filter { line in !events.contains { line.contains("\($0): ") } }
    return try Recording(TraceReader(text: lines.joined(separator: "\n")))
  }

  private static let places = [
    "pmd_free", "pud_free", "pud_free_pte", "cpa_collapse", "cpa_split",
  ]

  @Test func unknownPlacesAreMadeUpAndCounted() throws {
    let recording = try Self.recording(
      .churn, without: Self.places)
    #expect(recording.report.placement.unknown == 103)
    for outcome in Replayed.all(recording, Replayed.options) {
      #expect(outcome.result.departures.synthetic == 103)
      #expect(outcome.result.tablesFreed == 103)
      #expect(outcome.result.leftPending == 0)
    }
  }

  @Test func withoutListEventsEntriesDecide() throws {
    let recording = try Self.recording(
      .churn, without: ["kpt_listed", "kpt_splice"])
    let result = Replayed.upstream(recording, Replayed.options).result
    #expect(result.tablesFreed == 103)
    #expect(result.batches.equal == 63)
  }

  @Test func withoutWorkerDetailsItsStartDecides() throws {
    let recording = try Self.recording(
      .churn, without: ["kpt_splice", "kva_inval"])
    let result = Replayed.upstream(recording, Replayed.options).result
    #expect(result.tablesFreed == 103)
    #expect(result.leftPending == 0)
  }

  /// What is reserved stands in for what is mapped, less its guard page.
  @Test func withoutMappingsReservationsDecide() throws {
    let recording = try Self.recording(
      .churn,
      without: ["pgt:vmap", "pgt:vmap_phys", "pgt:vunmap"])
    let result = Replayed.fallow(recording, Replayed.options).result
    #expect(result.tablesFreed == 103)
    #expect(result.walks > 0)
    #expect(result.staleReads == 0)
  }
}
