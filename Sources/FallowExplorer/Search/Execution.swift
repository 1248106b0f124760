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
    (0..<layout.mentions).allSatisfy { stepper.state[$0] == before[$0] }
  }

  /// Finds out that some operation has begun and none can go on; what is
  /// offered was tried in vain.
  func endStuck() {
    if stepper.actorsAtWork(in: stepper.state) != 0 { violation = .deadlock }
  }

  private func save() { copy(stepper.state, to: before) }

  private func copy(_ state: Cells, to cells: Cells) {
    cells.copy(from: state, count: layout.logs)
    for actor in 0..<layout.actors {
      cells.copy(
        from: state, at: layout.log(of: actor),
        count: layout.logWords(of: actor, in: state))
    }
  }

  /// Undoes a step that was tried.
  private func restore(_ actor: Int) {
    stepper.state.copy(from: before, count: layout.logs)
    guard stepper.core.firstNew == 0, actor < layout.actors else { return }
    stepper.state.copy(
      from: before, at: layout.log(of: actor),
      count: layout.logWords(of: actor, in: before))
  }
}
