// SPDX-License-Identifier: Apache-2.0

/// Where the steps of a ``ReplayToken`` and the code part: the code has changed
/// since the token was made, or the token is of other code.
public struct Divergence: Equatable, Sendable {
  /// The number of the step, from 1.
  public var step: Int
  /// How many steps the token has.
  public var steps: Int
  /// The step as the token has it.
  public var expected: String
  /// What can be done there instead.
  public var offered: [String]
  /// How many steps of the token were left out, because they could not be
  /// taken.
  public var skipped = 0
}

extension Stepper {
  /// A step in words.
  ///
  /// - Parameters:
  ///   - action: The step; it need not be possible, or make sense.
  ///   - access: What an actor does by it, if that is known.
  func describe(_ action: Action, _ access: Access? = nil) -> String {
    let actor = layout.name(ofActorOf: action)
    switch action.kind {
    case .begin, .turn:
      let verb = action.kind == .begin ? "begins" : "goes on with"
      let then = access.map { " and \($0.phrase)" } ?? ""
      return "\(actor) \(verb) \(knownName(action))"
        + slotName(action) + then
    case .carryOut: return "\(actor) carries out a command"
    case .failure: return "\(actor) fails"
    case .drain: return "\(actor) lets a store be seen"
    case .fill: return "\(actor) caches what it reads"
    case .evict: return "\(actor) evicts an entry"
    case .walk: return "\(actor) begins a walk from what it caches"
    case .step: return "\(actor) goes on with its walk"
    case .mark, .flag: return "\(actor) sets a bit of an entry"
    case .settle: return "\(actor) does what was written to a register"
    }
  }

  /// The operation; its number if there is none of that number.
  private func knownName(_ action: Action) -> String {
    isOfWorkers(action.actor) || scenario.moves.indices.contains(action.move)
      ? operationName(action) : "operation \(action.move)"
  }

  private func slotName(_ action: Action) -> String {
    isOfWorkers(action.actor) || scenario.slots.count == 1
      ? "" : " on slot \(action.slot)"
  }
}

extension Layout {
  /// What an action's actor, IOMMU, walker or buffer is called.
  func name(ofActorOf action: Action) -> String {
    switch action.kind {
    case .begin, .turn:
      if action.actor < cpus { return "CPU \(action.actor)" }
      if action.actor == callback { return "RCU callback" }
      return action.actor == worker ? "worker" : "interrupt"
    case .carryOut, .failure, .settle: return "IOMMU \(action.actor)"
    case .mark, .flag: return "walker"
    case .drain:
      return action.actor < cpus
        ? "CPU \(action.actor)'s buffer" : "worker's buffer"
    case .fill, .evict, .walk, .step:
      if isCPU(action.actor) { return "CPU's walker" }
      let count = iommus * roots
      let unit = (action.actor - 1) % count
      let name = action.actor > count ? "device" : "IOMMU"
      return "\(name) \(unit / roots)"
    }
  }
}
