// SPDX-License-Identifier: Apache-2.0

/// Goes on from states in every way that is possible: one thread of a search.
///
/// States are kept in canonical form, so that what a step did not touch is
/// canonical after it as well.
@safe
struct Expander<Checked: Model>: ~Copyable {
  let stepper: Stepper<Checked>
  /// The states that this thread was the first to come to.
  private(set) var next: Frontier
  /// How this thread came to them, if that is remembered: the number of the
  /// state before, and the action.
  private(set) var parents: [UInt64] = []
  /// How many steps it took.
  private(set) var transitions = 0
  /// How many states there are for those that were expanded, if states that
  /// differ in the names of frames count apart.
  private(set) var renamings = 0
  /// Whether it found a violation.
  private(set) var isViolated = false
  /// The step that led to it; nil if nobody could go on.
  private(set) var lastAction: Action?
  /// The number of the state that it was found in.
  private(set) var number = 0
  /// How often it took which steps.
  let coverage: Coverage

  private let layout: Layout
  private let isSymmetric: Bool
  private(set) var equivariance: Equivariance
  private let remembers: Bool
  private let exact: ExactStates?
  private let recorder: GraphRecorder?
  private(set) var watch: PropertyWatch
  /// What the state that is expanded offers.
  private var offers: [Action] = []
  private var reader: FrontierReader
  private var currentSum: UInt128 = 0
  private var canonical: Canonical
  private var table: FingerprintTable
  private var isStuck = true
  /// The moves that were begun, a bit each.
  private(set) var begun: UInt64 = 0
  /// Whether steps from the current state are also taken by other names.
  private var checksNames = false
  private var isTied = false

  init(
    _ stepper: Stepper<Checked>, _ options: SearchOptions, remembers: Bool,
    exact: ExactStates?, recorder: GraphRecorder?, table: FingerprintTable
  ) {
    self.stepper = stepper
    self.remembers = remembers
    self.exact = exact
    self.recorder = recorder
    watch = PropertyWatch(stepper.scenario.properties)
    self.table = table
    layout = stepper.layout
    isSymmetric = options.reductions.contains(.frameSymmetry)
    next = Frontier(layout: layout, limit: options.frontierMemory)
    reader = FrontierReader(layout: layout)
    let renamer = Renamer(
      layout: layout, fingerprint: stepper.fingerprint,
      swap: options.reductions.contains(.slotSymmetry)
        ? SlotSwap(stepper.scenario, layout: layout) : nil)
    canonical = Canonical(renamer)
    equivariance = Equivariance(renamer)
    coverage = Coverage()
  }

  deinit {
    next.free()
    canonical.free()
    equivariance.free()
    coverage.free()
  }

  /// The most states that one state can lead to.
  var fanOut: Int {
    unsafe layout.actors * stepper.moves.count * stepper.slots.count
      * layout.frames
      + layout.iommus * 2 + layout.walkers * layout.places * 4
  }

  var byteCount: Int { next.byteCount + parents.capacity * 8 }

  /// Begins with the state that the machine is in.
  mutating func begin() {
    arrive(nil)
    transitions = 0
  }

  /// Hands over the states that it came to, for the room of others that are
  /// done with.
  mutating func takeNext(for used: Frontier) -> Frontier {
    let level = next
    next = used
    next.removeAll()
    return level
  }

  /// Takes over a state that was found before.
  mutating func keep(_ state: Cells, _ symmetry: Symmetry) {
    next.append(state, symmetry)
  }

  /// Uses another table of what is known.
  mutating func use(_ table: FingerprintTable) { self.table = table }

  /// Goes on from the states of a block, the first of which has that number in
  /// the search; false if one led to a violation.
  mutating func expand(
    _ block: Int, of level: Frontier, number: Int, depth: Int
  ) -> Bool {
    reader.open(block, of: level)
    for offset in 0..<level.states(in: block) {
      let isFine = expandNext(number: number + offset, depth: depth)
      if !isFine { return false }
    }
    return true
  }

  /// Goes on from the next state of the block, which has that number; false if
  /// that led to a violation.
  private mutating func expandNext(number: Int, depth: Int) -> Bool {
    self.number = number
    reader.next()
    layout.copy(current, to: state)
    if isSymmetric {
      assert(isCanonical(current), "states are kept in canonical form")
      let symmetry = reader.symmetry
      stepper.core.interchangeable =
        (1 << UInt64(layout.frames) - 1) & ~(1 << UInt64(symmetry.named) - 1)
      renamings += canonical.renamings(of: symmetry)
      isTied = symmetry.isTied
      checksNames = equivariance.isDue(in: current, depth: depth)
    }
    if stepper.mode == .concrete {
      currentSum = stepper.fingerprint.sum(current)
    }
    isStuck = true
    stepper.core.holders = InlineArray(repeating: 0)
    offers.removeAll(keepingCapacity: true)
    stepper.addOffers(to: &offers)
    for index in offers.indices where !isViolated { take(offers[index]) }
    recorder?.endState()
    // Some operation can never go on.
    let isDeadlocked =
      isStuck && stepper.actorsAtWork(in: current) != 0
      || stepper.core.isLockedInCircle
    if !isViolated, isDeadlocked {
      stepper.core.violation = .deadlock
      fail(nil)
    }
    return !isViolated
  }

  private var state: Cells { stepper.state }

  /// The state that is expanded.
  private var current: Cells { reader.state }

  // MARK: Steps

  private mutating func take(_ action: Action) {
    switch action.kind {
    case .begin, .turn: takeEach(action)
    case .carryOut, .failure, .drain, .settle: takeOnce(action)
    case .mark, .flag: takeMark(action)
    case .fill, .evict, .walk, .step: takeWalkerStep(action)
    }
  }

  /// Takes an action with every choice that it offers.
  private mutating func takeEach(_ action: Action) {
    var choice = 0
    repeat {
      stepper.core.choices = 1
      let chosen = Action(rawValue: action.rawValue | UInt32(choice) << 24)
      let isTaken = stepper.perform(chosen)
      let choices = stepper.core.choices
      if isTaken {
        isStuck = false
        if action.kind == .begin, unsafe action.move < stepper.moves.count {
          begun |= 1 << UInt64(action.move)
        }
        coverage.add(
          stepper.core.accesses,
          ofMove: stepper.isOfWorkers(action.actor) ? nil : action.move)
        if checksNames { checkNames(of: chosen) }
        arrive(chosen)
      }
      restore(action.actor)
      choice += 1
      if choice >= choices { return }
    } while !isViolated
  }

  /// Takes the step that was taken also by other names of frames and slots: it
  /// must lead to the same state by those names.
  private mutating func checkNames(of action: Action) {
    if let obstacle = equivariance.obstacle(
      to: action, from: current, on: stepper)
    {
      stepper.core.meet(obstacle)
    }
  }

  private mutating func takeOnce(_ action: Action) {
    if stepper.perform(action) {
      isStuck = false
      if action.kind == .drain || action.kind == .settle {
        coverage.add(action.kind)
      }
      arrive(action)
    }
    restore()
  }

  /// A bit that a walker sets is nothing that an actor waits for.
  private mutating func takeMark(_ action: Action) {
    if stepper.perform(action) {
      coverage.add(action.kind)
      arrive(action)
    }
    restore()
  }

  /// A walker's steps change its sets alone, which name nothing unless slots
  /// are tied, and nobody waits for one.
  private mutating func takeWalkerStep(_ action: Action) {
    guard stepper.perform(action) else { return }
    isStuck = false
    coverage.add(action.kind)
    let walker = action.actor
    let sets =
      layout.set(
        of: walker, old: false)..<layout.set(of: walker + 1, old: false)
    if isTied || stepper.core.violation != .none {
      arrive(action)
    } else {
      transitions += 1
      let fingerprint = stepper.fingerprint
      let sum =
        currentSum &- fingerprint.sum(current, sets)
        &+ fingerprint.sum(state, sets)
      if find(state, sum, action) {
        if isSymmetric {
          let isItself = canonical.make(from: state)
          assert(isItself, "what walkers hold gives no names")
        }
        append(state, action)
      }
    }
    for index in sets { state[index] = current[index] }
  }

  // MARK: Arriving

  private func restore() {
    state.copy(from: current, count: layout.logs)
  }

  private func restore(_ actor: Int) {
    restore()
    if stepper.core.firstNew == 0 {
      let log = layout.log(of: actor)
      for index in 0..<layout.logWords(of: actor, in: current) {
        state[log + index] = current[log + index]
      }
    }
  }

  /// Takes note of the state that a step led to; none is the first.
  private mutating func arrive(_ action: Action?) {
    transitions += 1
    if stepper.core.violation != .none {
      return fail(action)
    }
    if !watch.isIdle, !watch.allows(state, layout) {
      stepper.core.violation = .ownProperty
      return fail(action)
    }
    let isItself = isSymmetric ? canonical.make(from: state) : true
    let cells = isItself ? state : canonical.cells
    let sum = stepper.fingerprint.sum(cells)
    if find(cells, sum, action, lacksLogs: !isItself) { append(cells, action) }
  }

  /// Whether a state is its own canonical form.
  private mutating func isCanonical(_ state: Cells) -> Bool {
    canonical.make(from: state)
  }

  /// Looks a state up, and makes it known; false if it was.
  ///
  /// The logs of a canonical form are written once they are needed.
  @inline(__always)
  private mutating func find(
    _ cells: Cells, _ sum: UInt128, _ action: Action?, lacksLogs: Bool = false
  ) -> Bool {
    let fingerprint = stepper.fingerprint.finish(sum)
    recorder?.arrive(
      action, at: fingerprint,
      atWork: stepper.actorsAtWork(in: cells))
    // An exact search looks at the whole state, with its logs.
    if exact == nil, !table.insert(fingerprint) { return false }
    if lacksLogs { canonical.writeLogs(of: state) }
    return exact?.insert(cells, layout) ?? true
  }

  private mutating func append(_ cells: Cells, _ action: Action?) {
    next.append(cells, isSymmetric ? canonical.symmetry : Symmetry())
    if remembers, let action { remember(action) }
  }

  private mutating func fail(_ action: Action?) {
    isViolated = true
    lastAction = action
  }

  private mutating func remember(_ action: Action) {
    parents.append(UInt64(number) << 32 | UInt64(action.rawValue))
  }
}
