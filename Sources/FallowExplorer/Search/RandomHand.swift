// SPDX-License-Identifier: Apache-2.0

internal import FallowMachine

/// One thread of a search at random.
@safe
final class RandomHand<Checked: Model>: @unchecked Sendable {
  /// No execution takes more steps.
  private static var limit: Int { 10_000 }

  /// A violation, and the execution that found it.
  struct Finding {
    var run: Int
    var oracle: Oracle
    var actions: [Action]
    var property: Int?
    var frame: Int
    var detail: String?
  }

  let execution: Execution<Checked>
  let coverage = Coverage()
  private(set) var outcome = RandomOutcome()
  private(set) var transitions = 0
  /// The moves that were begun, a bit each.
  private(set) var begun: UInt64 = 0
  /// The violation of the execution with the lowest number.
  private(set) var first: Finding?
  private let options: RandomOptions
  private let seed: UInt64
  private var offers: [Action] = []

  init(_ stepper: Stepper<Checked>, _ options: RandomOptions, seed: UInt64) {
    execution = Execution(stepper)
    self.options = options
    self.seed = seed
  }

  deinit { coverage.free() }

  var stepper: Stepper<Checked> { execution.stepper }

  /// How many steps an execution takes that is drawn uniformly.
  func measureLength() -> Int {
    var uniform = options
    uniform.strategy = .uniform
    var schedule = RandomSchedule(
      uniform, RandomNumbers(seed: seed, stream: .max), length: 0)
    _ = run(&schedule) { _, _ in }
    stepper.core.happened = 0
    stepper.core.carriedOut = InlineArray(repeating: 0)
    stepper.core.failures = 0
    return execution.actions.count
  }

  /// Takes the execution of a number.
  func take(_ run: Int, length: Int) {
    var schedule = RandomSchedule(
      options, RandomNumbers(seed: seed, stream: UInt64(run)), length: length)
    outcome.runs += 1
    let isFinished = self.run(&schedule) { hand, action in hand.count(action) }
    if !isFinished { outcome.unfinished += 1 }
    guard execution.violation != .none else { return }
    outcome.violations += 1
    if run < first?.run ?? .max {
      first = Finding(
        run: run, oracle: execution.violation, actions: execution.actions,
        property: execution.watch.violated,
        frame: stepper.core.violationFrame,
        detail: stepper.core.violationDetail)
    }
  }

  /// Lets operations begin, then what has begun end; false if it did not.
  private func run(
    _ schedule: inout RandomSchedule,
    _ note: (RandomHand, Action) -> Void
  ) -> Bool {
    execution.restart()
    var left = options.operations
    while execution.actions.count < Self.limit {
      offers.removeAll(keepingCapacity: true)
      stepper.addOffers(to: &offers)
      if left == 0 { offers.removeAll(where: stepper.beginsMove) }
      schedule.arrange(&offers)
      let taken = offers.first { action in
        execution.take(action) { schedule.draw(below: $0) }
      }
      guard let taken else {
        execution.findStuck()
        return true
      }
      if stepper.beginsMove(taken) { left -= 1 }
      note(self, taken)
      if execution.violation != .none { return true }
      schedule.note(
        taken, hasEnded: stepper.isIdle(taken.actor),
        hasStayed: execution.hasStayed)
    }
    return false
  }

  private func count(_ action: Action) {
    transitions += 1
    switch action.kind {
    case .begin, .turn:
      coverage.add(
        stepper.core.accesses,
        ofMove: stepper.isOfWorkers(action.actor) ? nil : action.move)
      if stepper.beginsMove(action) { begun |= 1 << UInt64(action.move) }
    case .carryOut, .failure: break
    case .drain, .fill, .evict, .walk, .step, .mark, .settle, .flag:
      coverage.add(action.kind)
    }
  }
}

extension Stepper {
  /// Whether an actor begins an operation of the scenario by it.
  fileprivate func beginsMove(_ action: Action) -> Bool {
    action.kind == .begin && !isOfWorkers(action.actor)
  }

  /// Whether an actor has no operation under way.
  fileprivate func isIdle(_ actor: Int) -> Bool {
    actor < layout.actors && state[layout.headers + actor] == 0
  }
}
