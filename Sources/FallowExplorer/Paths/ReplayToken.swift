// SPDX-License-Identifier: Apache-2.0

/// The steps of a violation as short text, to be taken again.
///
/// It names the search that it came from, so that it is not taken for the steps
/// of another.
public struct ReplayToken: Sendable {
  /// What the search was of.
  let setting: UInt32
  let oracle: Oracle
  /// How walkers were treated.
  public let mode: WalkerMode
  /// What the search spared itself: it decides which accesses are one step.
  let reductions: Reductions
  let actions: [Action]

  /// The steps of a violation; nil if there is none.
  ///
  /// - Parameters:
  ///   - outcome: What the search found.
  ///   - entry: What was searched.
  ///   - mode: How the search treated walkers.
  public init?(
    _ outcome: Outcome, of entry: CatalogueEntry, mode: WalkerMode
  ) {
    self.init(
      outcome, of: entry.scenario, code: entry.code, mode: mode)
  }

  /// The steps of a violation in code of one's own; nil if there is none.
  ///
  /// - Parameters:
  ///   - outcome: What the search found.
  ///   - scenario: What was searched.
  ///   - code: Any name for the code.
  ///   - mode: How the search treated walkers.
  public init?(
    _ outcome: Outcome, of scenario: Scenario, code: String,
    mode: WalkerMode = .mayHold
  ) {
    guard outcome.verdict == .violation else { return nil }
    setting = Self.setting(of: scenario, code: code)
    oracle = outcome.oracle
    self.mode = mode
    reductions = outcome.pathReductions
    actions = outcome.actions
  }

  /// The token of a text; nil if it is not a token's.
  ///
  /// - Parameter text: A token's ``text``.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 5, let setting = UInt32(parts[0], radix: 36),
      let oracle = UInt8(parts[1]).flatMap(Oracle.init),
      let mode = UInt8(parts[2]).flatMap(WalkerMode.init),
      let reductions = UInt8(parts[3])
    else { return nil }
    self.setting = setting
    self.oracle = oracle
    self.mode = mode
    self.reductions = Reductions(rawValue: reductions)
    var actions: [Action] = []
    for part in parts[4].split(separator: ".") {
      guard let word = UInt32(part, radix: 36) else { return nil }
      actions.append(Action(rawValue: word))
    }
    self.actions = actions
  }

  /// Digits, letters, colons and dots.
  public var text: String {
    "\(String(setting, radix: 36)):\(oracle.rawValue):\(mode.rawValue):"
      + "\(reductions.rawValue):"
      + actions.map { String($0.rawValue, radix: 36) }.joined(separator: ".")
  }

  /// Whether it came from a search of `entry` as it is now.
  ///
  /// - Parameter entry: What would be searched.
  public func fits(_ entry: CatalogueEntry) -> Bool {
    fits(entry.scenario, code: entry.code)
  }

  /// Whether it came from a search of `scenario` over the code of that name.
  ///
  /// - Parameters:
  ///   - scenario: What would be searched.
  ///   - code: The name that the search gave the code.
  public func fits(_ scenario: Scenario, code: String) -> Bool {
    setting == Self.setting(of: scenario, code: code)
  }

  private static func setting(of scenario: Scenario, code: String) -> UInt32 {
    let text =
      "\(code) \(scenario.bounds) \(scenario.rules) \(scenario.moves)"
    return text.utf8.reduce(0x811c_9dc5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
  }
}

extension CatalogueEntry {
  fileprivate var code: String { "\(name) \(scheme)" }
}

extension Search<AnyModel> {
  /// Takes the steps of a token again.
  func replay(_ token: ReplayToken) -> Outcome {
    var outcome = Outcome()
    let steps = ReplayedSteps(token.actions, on: stepper())
    guard steps.steps.count == token.actions.count,
      steps.violation != .none || token.oracle.isOfNoStep
    else {
      outcome.verdict = .incomplete
      return outcome
    }
    outcome.verdict = .violation
    outcome.oracle = token.oracle
    outcome.frame = steps.frame
    outcome.actions = token.actions
    outcome.pathReductions = token.reductions
    explain(&outcome)
    return outcome
  }
}

extension Oracle {
  /// Whether it is violated by what never happens, and so by no one step.
  var isOfNoStep: Bool {
    switch self {
    case .deadlock, .waitsForEver, .livelock, .ownProperty:
      true
    case .none, .staleWalk, .tornEntry, .leftoverEntry, .heldAtRelease,
      .staleTranslation, .staleLeaf, .staleRight, .endedWhileBound,
      .heldByCPU, .walkInFlight, .invalidationSkipped,
      .releasedBeforeCompletion, .invalidationTooNarrow, .failureIgnored,
      .releasedWhileLinked, .retiredWhileLinked, .unmarkedTable, .doubleFree,
      .wrongState, .accessToFree, .writeIntoQuarantine, .leak, .selfDeadlock,
      .sleepInAtomic, .lockDiscipline, .wrongLookup, .idleInvalidation,
      .droppedToken, .outOfBounds, .notRepeatable, .endlessOperation,
      .unknownOperation, .swallowedStop, .staleAbsence, .assertion,
      .badAddress, .badInstruction, .stackOverflow, .staleStack, .badFree,
      .useAfterFree, .queuedTwice, .tooManyCalls, .outOfMemory,
      .unannouncedStore, .endlessLoop:
      false
    }
  }
}
