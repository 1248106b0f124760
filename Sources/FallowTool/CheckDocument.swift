// SPDX-License-Identifier: Apache-2.0

internal import FallowExplorer
internal import Foundation

/// What `--json` says of one search.
struct CheckDocument: Encodable {
  struct Step: Encodable {
    var actor: String
    var step: String
    var source: String
    var effect: String
  }

  struct BoundsDocument: Encodable {
    var cpus: Int
    var slots: Int
    var frames: Int
    var iommus: Int
    var pasids: Int
    var ats: Bool
    var mayFail: Bool
    var storeBuffers: Int
    var levels: Int
  }

  /// Where the code parts from a token's steps.
  struct DivergenceDocument: Encodable {
    var step: Int
    var steps: Int
    var skipped: Int
    var expected: String
    var offered: [String]
  }

  struct RandomDocument: Encodable {
    var strategy: String
    var depth: Int?
    var operations: Int
    var seed: UInt64
    var runs: Int
    var violations: Int
    var firstViolation: Int?
    var unfinished: Int
  }

  var scenario: String
  var scheme: String
  var hardware: String
  var bounds: BoundsDocument
  var expected: String
  var asExpected: Bool
  var verdict: String
  var exhaustive: Bool
  var oracle: String?
  var states: Int
  var renamings: Int
  var transitions: Int
  var diameter: Int
  var seconds: Double
  var transitionsPerSecond: Double
  var memory: Int
  var memoryPerState: Int
  var stopped: Bool?
  var happened: [String]
  var missing: [String]
  var livenessStates: Int?
  var neverBegun: [String]
  var reductions: [String]
  var obstacles: [String]
  var coverage: [String: [String: Int]]
  var timeline: [Step]
  var token: String?
  var random: RandomDocument?
  var divergence: DivergenceDocument?

  init(_ entry: CatalogueEntry, _ outcome: Outcome, options: SearchOptions) {
    scenario = entry.name
    scheme = entry.scheme
    hardware =
      "\(entry.scenario.rules.vendor)"
      + (entry.scenario.rules.waitDrains ? "" : ", undrained")
    let bounds = entry.scenario.bounds
    self.bounds = BoundsDocument(
      cpus: bounds.cpus, slots: bounds.slots, frames: bounds.frames,
      iommus: bounds.iommus, pasids: bounds.pasids, ats: bounds.ats,
      mayFail: bounds.mayFail, storeBuffers: bounds.storeBuffers,
      levels: bounds.levels)
    expected = entry.expected.rawValue
    asExpected = entry.expects(outcome)
    verdict = outcome.verdict.rawValue
    exhaustive = outcome.verdict == .safe
    oracle = outcome.oracle == .none ? nil : "\(outcome.oracle)"
    states = outcome.states
    renamings = outcome.renamings
    transitions = outcome.transitions
    diameter = outcome.diameter
    seconds = outcome.seconds
    transitionsPerSecond =
      outcome.seconds > 0 ? Double(outcome.transitions) / outcome.seconds : 0
    memory = outcome.memory
    memoryPerState = outcome.memoryPerState
    stopped = outcome.isStopped ? true : nil
    happened = outcome.happened.map { "\($0)" }.sorted()
    missing = outcome.missing.map { "\($0)" }.sorted()
    if case .passed(let states) = outcome.liveness { livenessStates = states }
    neverBegun = outcome.neverBegun
    reductions = outcome.reductions.names
    obstacles = outcome.obstacles.map { "\($0)" }
    coverage = [:]
    for step in outcome.coverage {
      coverage[step.who, default: [:]][step.what] = step.times
    }
    timeline = outcome.timeline.map {
      Step(
        actor: $0.actor, step: $0.step, source: $0.source, effect: $0.effect)
    }
    token = ReplayToken(outcome, of: entry, mode: options.mode)?.text
    random = Self.random(outcome, options)
    divergence = outcome.divergence.map {
      DivergenceDocument(
        step: $0.step, steps: $0.steps, skipped: $0.skipped,
        expected: $0.expected, offered: $0.offered)
    }
  }

  /// What executions at random came to; nil if all were searched.
  private static func random(
    _ outcome: Outcome, _ options: SearchOptions
  ) -> RandomDocument? {
    guard let random = options.random, let found = outcome.random else {
      return nil
    }
    return RandomDocument(
      strategy: random.strategy.rawValue,
      depth: random.strategy == .pct ? random.depth : nil,
      operations: random.operations, seed: options.seed, runs: found.runs,
      violations: found.violations, firstViolation: found.firstViolation,
      unfinished: found.unfinished)
  }

  static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}

extension CatalogueEntry {
  /// Whether a search found what it must.
  func expects(_ outcome: Outcome) -> Bool {
    outcome.verdict == expected && outcome.oracle == oracle
      && outcome.isConfirmed
  }
}
