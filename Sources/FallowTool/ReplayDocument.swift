// SPDX-License-Identifier: Apache-2.0

internal import FallowSchemes
internal import FallowTrace
internal import Foundation

/// Everything that `fallow replay` says, as the JSON object that `--json`
/// prints.
struct ReplayDocument: Encodable {
  /// What the recording says, key by key.
  let report: RecordedReport
  /// The placement of freed tables, made-up places included.
  private(set) var placement: PlacementCounts
  /// A result for each scheme that was run.
  private(set) var schemes: [SchemeResult] = []
  /// How tables went through the queue under each scheme; not encoded.
  private(set) var flows: [TableFlow] = []
  /// A result for each combination of a sweep; empty without one.
  private(set) var sweep: [SweepResult] = []
  /// The first stale walk of the first scheme that had one.
  private(set) var firstStaleWalk: StaleWalk?
  /// The number of the combination that had it; not encoded.
  private(set) var firstStaleCombination: Int?

  /// What the IOMMUs were.
  let iommu: IOMMUName

  /// A document of a recording alone.
  init(_ report: RecordedReport, iommu: IOMMUName = .vtd) {
    self.report = report
    self.iommu = iommu
    placement = report.placement
  }

  /// Adds what came of a scheme.
  mutating func add(_ outcome: ReplayOutcome) {
    schemes.append(outcome.result)
    flows.append(outcome.flow)
    note(outcome)
  }

  /// Adds what came of a combination of a sweep, and the number that it has.
  mutating func add(
    _ outcome: ReplayOutcome, at point: Sweep.Point, of scheme: SchemeName,
    number: Int
  ) {
    if firstStaleWalk == nil, outcome.firstStaleWalk != nil {
      firstStaleCombination = number
    }
    sweep.append(
      SweepResult(
        boundSpaces: point.bound, iommus: point.iommus,
        windowNanoseconds: scheme.hasWindow ? point.window.value : nil,
        scheme: outcome.result))
    note(outcome)
  }

  private mutating func note(_ outcome: ReplayOutcome) {
    firstStaleWalk = firstStaleWalk ?? outcome.firstStaleWalk
    placement.synthetic = outcome.result.departures.synthetic
    placement.unknown =
      report.placement.unknown - outcome.result.departures.synthetic
  }

  private enum Key: String, CodingKey {
    case placement, schemes, sweep, firstStaleWalk, iommu
  }

  func encode(to encoder: any Encoder) throws {
    try report.encode(to: encoder)
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(placement, forKey: .placement)
    try container.encode(schemes, forKey: .schemes)
    try container.encode(sweep, forKey: .sweep)
    try container.encode(firstStaleWalk, forKey: .firstStaleWalk)
    if iommu != .vtd { try container.encode(iommu.rawValue, forKey: .iommu) }
  }

  /// The object as text, its keys in order of the alphabet.
  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [
      .prettyPrinted, .sortedKeys, .withoutEscapingSlashes,
    ]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}
