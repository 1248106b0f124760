// SPDX-License-Identifier: Apache-2.0

/// What the operations of a program are at that do not end.
extension Search<AnyModel> {
  /// What keeps a program from its end, for the end of a sentence; nil if it
  /// is something else that went wrong.
  ///
  /// - Parameter stepper: In the state that the steps led to.
  func unended(
    _ oracle: Oracle, after replay: ReplayedSteps,
    on stepper: Stepper<AnyModel>
  ) -> String? {
    guard let names = scenario.names else { return nil }
    switch oracle {
    case .endlessOperation:
      guard let step = replay.steps.last else { return nil }
      return "\(stepper.layout.name(ofActorOf: step.action)), in "
        + "\(stepper.functionName(step.action))\(place(step.line)), "
        + "makes its access number \(Layout.logCapacity + 1); no option raises "
        + "that: have its loops go round less often, or make several "
        + "operations of it"
    case .deadlock, .waitsForEver, .livelock:
      let operations = (0..<stepper.layout.actors).compactMap {
        unended($0, on: stepper, names)
      }
      return operations.isEmpty
        ? nil
        : operations.joined(separator: "; ")
          + "; nothing that has begun ends this"
    default: return nil
    }
  }

  private func place(_ line: SourceLine?) -> String {
    line.map { " (\($0))" } ?? ""
  }

  /// What the operation of an actor does next, or waits for.
  private func unended(
    _ actor: Int, on stepper: Stepper<AnyModel>, _ names: ProgramNames
  ) -> String? {
    let header = stepper.state[stepper.layout.headers + actor]
    guard header >> 8 & 0xff != 0 else { return nil }
    let action = Action(
      .turn, actor, move: Int(header >> 8 & 0xff) - 1,
      slot: Int(header >> 16 & 0xff))
    let state = stepper.snapshot()
    defer {
      for index in state.indices { stepper.state[index] = state[index] }
    }
    stepper.core.keepsCalls = true
    stepper.core.turnLength = nil
    stepper.core.calls = Calls()
    stepper.core.access = .none
    let goesOn = stepper.perform(action)
    var step = ReplayedSteps.Step(
      action: action, access: stepper.core.access,
      target: stepper.core.target, detail: stepper.core.detail,
      value: stepper.core.value, operation: "", calls: stepper.core.calls,
      length: 0, ownership: [])
    if step.access == .none {
      (step.access, step.target, step.detail) = stepper.core.latest
    }
    let what =
      goesOn
      ? names.text(of: step, isLast: true) ?? step.access.phrase
      : names.waiting(step) ?? "waits where it \(step.access.phrase)"
    return "\(stepper.layout.name(ofActorOf: action)), in "
      + "\(stepper.functionName(action)), \(what)\(place(step.line))"
  }
}

extension Stepper<AnyModel> {
  /// The function of a program that an actor is at.
  fileprivate func functionName(_ action: Action) -> String {
    isOfWorkers(action.actor)
      ? "what was put off" : scenario.moves[action.move].name
  }
}
