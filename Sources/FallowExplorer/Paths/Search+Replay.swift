// SPDX-License-Identifier: Apache-2.0

extension Search<AnyModel> {
  /// Takes the steps of a token again, as far as they can be taken.
  ///
  /// What cannot be taken is left out, and the first step that is not as the
  /// token has it is named: so a token says something of code that has changed.
  func replay(_ token: ReplayToken) -> Outcome {
    let execution = Execution(stepper())
    let stepper = execution.stepper
    var divergence: Divergence?
    for (index, step) in token.steps.enumerated() {
      if execution.violation != .none { break }
      let offers = execution.offers
      let isTaken = execution.follow(step.action)
      let access = stepper.core.access
      if isTaken, execution.actions.last == step.action,
        step.access ?? access == access
      {
        continue
      }
      if divergence == nil {
        divergence = Divergence(
          step: index + 1, steps: token.steps.count,
          expected: stepper.describe(step.action, step.access),
          offered: isTaken
            ? [stepper.describe(step.action, access)]
            : offers.map { stepper.describe($0) })
      }
      if !isTaken { divergence?.skipped += 1 }
    }
    var outcome = Outcome()
    outcome.divergence = divergence
    outcome.oracle = oracle(
      execution, of: token, hasDiverged: divergence != nil)
    guard outcome.oracle != .none else {
      outcome.verdict = .incomplete
      return outcome
    }
    outcome.verdict = .violation
    outcome.property = execution.watch.violated.map {
      scenario.properties[$0].name
    }
    outcome.detail = stepper.core.violationDetail
    outcome.actions = execution.actions
    outcome.pathReductions = token.reductions
    explain(&outcome)
    return outcome
  }

  /// What the steps violate.
  ///
  /// That a cycle closes is not looked at: it does if every step was as the
  /// token has it.
  private func oracle(
    _ execution: Execution<AnyModel>, of token: ReplayToken, hasDiverged: Bool
  ) -> Oracle {
    if execution.violation == .none,
      token.oracle == .deadlock || token.oracle == .waitsForEver
    {
      execution.findStuck()
    }
    if execution.violation != .none { return execution.violation }
    return token.oracle == .livelock && !hasDiverged ? .livelock : .none
  }
}
