internal import Fallow

/// Takes one state and makes all that can follow it.
///
/// Each thread of a search has one of its own.
@safe
final class Expander<Checked: Subject> {
  let scenario: Scenario
  let mode: WalkerMode
  let pointer: UnsafeMutablePointer<Core>
  let layout: Layout
  let current: Cells
  var canonical: Canonical
  private let canonicalCells: Cells
  private let subject: Checked
  // Read at every step, so apart from the scenario, whose copies count.
  private let moves: [Move]
  private let slots: [Slot]
  private let mayFail: Bool

  init(
    _ scenario: Scenario, mode: WalkerMode,
    makeSubject: (SteppingMachine) throws(Stop) -> Checked
  ) {
    self.scenario = scenario
    self.mode = mode
    moves = scenario.moves
    slots = scenario.slots
    mayFail = scenario.bounds.mayFail
    layout = Layout(scenario.bounds)
    unsafe pointer = .allocate(capacity: 1)
    unsafe pointer.initialize(to: Core(layout: layout, rules: scenario.rules))
    unsafe pointer.pointee.isEverythingShared = scenario.isEverythingShared
    unsafe pointer.pointee.mode = mode
    unsafe pointer.pointee.forgetsFailures = scenario.bounds.forgetsFailures
    unsafe pointer.pointee.forbidsIdleInvalidation =
      scenario.forbidsIdleInvalidation
    current = .allocate(layout.size)
    canonicalCells = .allocate(layout.size)
    canonical = Canonical(layout: layout, into: canonicalCells)
    let machine = unsafe SteppingMachine(pointer: pointer)
    unsafe pointer.pointee.setUp()
    do throws(Stop) {
      subject = try makeSubject(machine)
      if !scenario.bounds.startsUnshared {
        try unsafe machine.bindAll(pointer.pointee.layout)
      }
      for slot in scenario.slots where slot.isBinding {
        unsafe pointer.pointee.setSlot(slot.number, .bound)
      }
      for slot in scenario.slots
      where scenario.start != .empty && !slot.isBinding {
        let move: Operation = scenario.start == .large ? .promote : .map
        _ = try subject.perform(move, on: slot)
        unsafe pointer.pointee.setSlot(slot.number, scenario.start)
      }
    } catch {
      preconditionFailure("the set-up was interrupted")
    }
    unsafe pointer.pointee.runsThrough = false
    if mode == .mayHold { unsafe pointer.pointee.walkEverywhere() }
    current.copy(from: state, count: layout.size)
  }

  deinit {
    unsafe pointer.pointee.cells.free()
    unsafe pointer.deallocate()
    current.free()
    canonicalCells.free()
  }

  /// The state that the machine is in.
  var state: Cells { unsafe pointer.pointee.cells }

  var core: Core {
    _read { yield unsafe pointer.pointee }
    _modify { yield unsafe &pointer.pointee }
  }

  /// Makes the current state the one that turns are taken in.
  func load(_ frontier: borrowing Frontier, _ index: Int) {
    frontier.unpack(index, into: current)
  }

  /// The fingerprint of the state that the machine is in.
  func fingerprint(seed: UInt64, symmetry: Bool) -> UInt64 {
    let isItself = symmetry ? canonical.make(from: state) : true
    return canonical.fingerprint(
      of: isItself ? state : canonicalCells, seed: seed)
  }

  /// Calls `body` with each action that is possible in the current state,
  /// after the machine took it; stops when it returns false.
  func expand(_ body: (Action) -> Bool) {
    isStuck = true
    core.holders = InlineArray(repeating: 0)
    for actor in 0..<layout.actors where !expand(actor, body) { return }
    for iommu in 0..<layout.iommus where core.isBusy(iommu, in: current) {
      if !take(Action(.carryOut, iommu), body) { return }
      if mayFail, !take(Action(.failure, iommu), body) {
        return
      }
    }
    if mode == .concrete, !expandWalkers(body) { return }
  }

  /// Whether no actor and no IOMMU could go on.
  private var isStuck = true

  /// Whether some operation can never go on.
  var isDeadlocked: Bool {
    isStuck && isAnyoneAtWork || core.isLockedInCircle
  }

  private func expand(_ actor: Int, _ body: (Action) -> Bool) -> Bool {
    let header = current[layout.headers + actor]
    if header >> 8 & 0xff != 0 {
      if actor == 0, isInterrupted { return true }
      return takeEach(
        Action(
          .turn, actor, move: Int(header >> 8 & 0xff) - 1,
          slot: Int(header >> 16 & 0xff)), body)
    }
    if actor == layout.worker {
      guard current[Layout.flags] & 1 != 0 else { return true }
      return takeEach(Action(.begin, actor, move: Self.reclaimMove), body)
    }
    if actor == 0, isInterrupted { return true }
    for index in moves.indices
    where moves[index].actors >> UInt8(actor) & 1 != 0 {
      for slot in slots.indices {
        let found = current[Layout.slotStates] >> UInt64(slot * 4) & 0xf
        if let from = moves[index].from {
          if UInt64(from.rawValue) != found { continue }
        } else if slots[slot].isBinding {
          continue
        }
        if !takeEach(Action(.begin, actor, move: index, slot: slot), body) {
          return false
        }
      }
    }
    return true
  }

  static var reclaimMove: Int { 0xfe }

  private var isInterrupted: Bool {
    for actor in (layout.worker + 1)..<max(layout.actors, layout.worker + 1)
    where current[layout.headers + actor] != 0 { return true }
    return false
  }

  /// Takes an action with every choice that it offers.
  private func takeEach(_ action: Action, _ body: (Action) -> Bool) -> Bool {
    var choice = 0
    repeat {
      let chosen = Action(rawValue: action.rawValue | UInt32(choice) << 24)
      if !take(chosen, body) { return false }
      choice += 1
    } while choice < core.choices
    return true
  }

  private func take(_ action: Action, _ body: (Action) -> Bool) -> Bool {
    core.choices = 1
    state.copy(from: current, count: layout.logs)
    for actor in 0..<layout.actors {
      state.copy(
        from: current, at: layout.log(of: actor),
        count: Int(current[layout.headers + actor] & 0xff))
    }
    guard perform(action) else { return true }
    isStuck = false
    return body(action)
  }

  /// Takes an action in the machine's state; false if it is not possible now.
  func perform(_ action: Action) -> Bool {
    switch action.kind {
    case .begin, .turn:
      guard turn(action) else { return false }
    case .carryOut:
      core.violation = .none
      guard core.canCarryOut(on: action.actor) else { return false }
      core.carryOutNext(on: action.actor)
    case .failure:
      core.violation = .none
      core.failQueue(of: action.actor)
    case .fill, .evict, .walk, .step:
      core.violation = .none
      guard core.walkerAct(action) else { return false }
    }
    if core.violation == .none, core.treeChanged {
      if mode == .mayHold { core.walkEverywhere() }
      core.checkWalkers()
    }
    return true
  }

  private func turn(_ action: Action) -> Bool {
    let actor = action.actor
    let header = layout.headers + actor
    let move = action.move
    if action.kind == .begin {
      state[header] = UInt64(move + 1) << 8 | UInt64(action.slot) << 16
      if actor == layout.worker {
        state[Layout.flags] &= ~1
      } else if moves[move].from != nil {
        core.setSlot(action.slot, .busy)
      }
    }
    core.beginTurn(of: actor, choice: action.choice)
    let isWorker = actor == layout.worker
    do throws(Stop) {
      let succeeded = try subject.perform(
        isWorker ? .reclaim : moves[move].operation, on: slots[action.slot])
      finish(actor, isWorker ? nil : moves[move], action.slot, succeeded)
    } catch {
      if error == .blocked { return false }
      state[header] = state[header] & ~0xff | UInt64(core.logCount)
    }
    return true
  }

  private func finish(
    _ actor: Int, _ move: Move?, _ slot: Int, _ succeeded: Bool
  ) {
    if core.cursor != core.logCount { core.note(.notRepeatable) }
    state[layout.headers + actor] = 0
    if core.isHolding(actor) { core.note(.lockDiscipline) }
    if let move, move.from != nil {
      core.setSlot(slot, succeeded ? move.to : move.otherwise)
    }
    if core.violation == .none {
      for slot in slots.indices { core.checkLookup(slots[slot]) }
      core.checkQuiet()
    }
  }

  private func expandWalkers(_ body: (Action) -> Bool) -> Bool {
    for walker in 0..<layout.walkers {
      for place in 1...layout.places {
        for kind in [Action.Kind.fill, .evict, .walk, .step] {
          let wasStuck = isStuck
          if !take(Action(kind, walker, move: place), body) { return false }
          isStuck = wasStuck
        }
      }
    }
    return true
  }
}

/// How a search treats what walkers hold.
public enum WalkerMode: UInt8, Sendable {
  /// Each walker holds all that it could: for proof.
  case mayHold
  /// Walkers fill, walk and evict step by step: for timelines and for checking
  /// the other mode.
  case concrete
}
