// SPDX-License-Identifier: Apache-2.0

/// One execution: it takes one step after the other, and knows which.
@safe
final class Execution<Checked: Model> {
  let stepper: Stepper<Checked>
  /// The steps that were taken.
  private(set) var actions: [Action] = []
  /// What went wrong.
  private(set) var violation = Oracle.none
  private(set) var watch: PropertyWatch
  private let layout: Layout
  private let start: Cells
  private let before: Cells

  /// An execution from the state that the machine is in.
  init(_ stepper: Stepper<Checked>) {
    self.stepper = stepper
    layout = stepper.layout
    watch = PropertyWatch(stepper.scenario.properties)
    start = .allocate(layout.size)
    before = .allocate(layout.size)
    start.copy(from: stepper.state, count: layout.size)
  }

  deinit {
    start.free()
    before.free()
  }

  /// Begins again.
  func restart() {
    stepper.state.copy(from: start, count: layout.size)
    actions.removeAll(keepingCapacity: true)
    violation = .none
  }

  /// The actions that the state offers, each without its choices.
  var offers: [Action] {
    var offers: [Action] = []
    stepper.addOffers(to: &offers)
    return offers
  }

  /// Takes an action that is offered, by one of the ways in which it can go.
  ///
  /// - Parameters:
  ///   - action: The action, without its choice.
  ///   - choose: The way to try first, of so many.
  /// - Returns: Whether some way was possible; if not, nothing has changed.
  func take(_ action: Action, choosing choose: (Int) -> Int) -> Bool {
    save()
    let happened = stepper.core.happened
    let carriedOut = stepper.core.carriedOut
    let failures = stepper.core.failures
    func undo() {
      restore(action.actor)
      stepper.core.happened = happened
      stepper.core.carriedOut = carriedOut
      stepper.core.failures = failures
    }
    func tries(_ action: Action) -> Bool {
      stepper.core.choices = 1
      stepper.core.access = .none
      if stepper.perform(action) { return true }
      undo()
      return false
    }
    var taken = action.choosing(0)
    if !tries(taken) || stepper.core.choices > 1 {
      let ways = stepper.core.choices
      guard ways > 1 else { return false }
      undo()
      let first = choose(ways)
      let way = (0..<ways).first {
        tries(action.choosing((first + $0) % ways))
      }
      guard let way else { return false }
      taken = action.choosing((first + way) % ways)
    }
    note(taken)
    return true
  }

  private func note(_ action: Action) {
    actions.append(action)
    violation = stepper.core.violation
    if violation == .none, !watch.allows(stepper.state, layout) {
      violation = .ownProperty
    }
  }

  /// Whether the last step has changed nothing that others could see.
  var hasStayed: Bool {
    (0..<layout.logs).allSatisfy { stepper.state[$0] == before[$0] }
  }

  /// Takes a step that may be of other code; false if it is not offered, or is
  /// blocked.
  ///
  /// If there are fewer ways than it names, it goes the last one.
  func follow(_ action: Action) -> Bool {
    offers.contains(action.choosing(0))
      && take(action) { min(action.choice, $0 - 1) }
  }

  /// Looks whether some operation has begun and can never go on: in no way at
  /// all, or not unless another begins.
  func findStuck() {
    guard stepper.actorsAtWork(in: stepper.state) != 0 else { return }
    stepper.core.holders = InlineArray(repeating: 0)
    // All are tried: each notes the lock that it waits for.
    let possible = offers.filter(isPossible)
    if possible.isEmpty || stepper.core.isLockedInCircle {
      violation = .deadlock
    } else if !possible.contains(where: layout.goesOn) {
      violation = .waitsForEver
    }
  }

  /// Whether an action that is offered can be taken; nothing changes.
  private func isPossible(_ action: Action) -> Bool {
    save()
    defer { restore(action.actor) }
    var choice = 0
    repeat {
      stepper.core.choices = 1
      if stepper.perform(action.choosing(choice)) { return true }
      restore(action.actor)
      choice += 1
    } while choice < stepper.core.choices
    return false
  }

  private func save() { layout.copy(stepper.state, to: before) }

  /// Undoes a step that was tried.
  private func restore(_ actor: Int) {
    stepper.state.copy(from: before, count: layout.logs)
    guard stepper.core.firstNew == 0, actor < layout.actors else { return }
    stepper.state.copy(
      from: before, at: layout.log(of: actor),
      count: layout.logWords(of: actor, in: before))
  }
}
