// SPDX-License-Identifier: Apache-2.0

/// The steps of a violation as short text, to be taken again.
///
/// It names the search that it came from, so that it is not taken for the steps
/// of another, and what each step did, so that it is noticed where the code has
/// changed.
public struct ReplayToken: Sendable {
  /// What the search was of.
  let setting: UInt32
  let oracle: Oracle
  /// How walkers were treated.
  public let mode: WalkerMode
  /// What the search spared itself: it decides which accesses are one step.
  let reductions: Reductions
  let steps: [Step]

  /// A step, and what an actor did by it, if that is known.
  struct Step {
    var action: Action
    var access: Access?
  }

  /// The form of the text.
  private static let form = "2"

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
    let accesses = outcome.accesses
    let areKnown = accesses.count == outcome.actions.count
    steps = outcome.actions.enumerated().map { index, action in
      Step(action: action, access: areKnown ? accesses[index] : nil)
    }
  }

  /// The token of a text; nil if it is not a token's.
  ///
  /// - Parameter text: A token's ``text``.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 6, parts[0] == Self.form,
      let setting = UInt32(parts[1], radix: 36),
      let oracle = UInt8(parts[2]).flatMap(Oracle.init),
      let mode = UInt8(parts[3]).flatMap(WalkerMode.init),
      let reductions = UInt8(parts[4])
    else { return nil }
    self.setting = setting
    self.oracle = oracle
    self.mode = mode
    self.reductions = Reductions(rawValue: reductions)
    var steps: [Step] = []
    for part in parts[5].split(separator: ".") {
      guard let step = Step(part) else { return nil }
      steps.append(step)
    }
    self.steps = steps
  }

  /// Digits, letters, colons, dots and hyphens.
  public var text: String {
    "\(Self.form):\(String(setting, radix: 36)):\(oracle.rawValue):"
      + "\(mode.rawValue):\(reductions.rawValue):"
      + steps.map(\.text).joined(separator: ".")
  }

  /// Whether it came from a search of the same operations on the same machine.
  ///
  /// The code may have changed since: the steps are then taken as far as they
  /// can be, and ``Outcome/divergence`` says where the code parts from them.
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
    var bounds = scenario.bounds
    // How much memory a program has is its own affair.
    bounds.memory = MemoryBounds()
    let text = "\(code) \(bounds) \(scenario.rules) \(scenario.moves)"
    return text.utf8.reduce(0x811c_9dc5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
  }
}

extension CatalogueEntry {
  /// The name of the code: of a program, which changes, without its version.
  fileprivate var code: String { isProgram ? name : "\(name) \(scheme)" }
}

extension ReplayToken.Step {
  /// The step of a text; nil if it is not a step's.
  fileprivate init?(_ text: Substring) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count <= 2, let word = UInt32(parts[0], radix: 36) else {
      return nil
    }
    action = Action(rawValue: word)
    guard parts.count == 2 else { return }
    guard let raw = UInt8(parts[1], radix: 36),
      let known = Access(rawValue: raw)
    else { return nil }
    access = known
  }

  fileprivate var text: String {
    String(action.rawValue, radix: 36)
      + (access.map { "-" + String($0.rawValue, radix: 36) } ?? "")
  }
}
