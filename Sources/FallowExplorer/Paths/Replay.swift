// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// The steps of a violation, taken again one by one, with every state kept.
struct ReplayedSteps {
  /// A step and what it was.
  struct Step {
    var action: Action
    var access: Access
    var target: Int
    var detail: Int
    var value: UInt64
    var operation: String
    /// The calls that led to its access, or to what it violated.
    var calls: Calls
    /// How many new accesses an actor made.
    var length: Int
    /// Which of them were its own.
    var ownership: [Bool]

    /// The line that made the access.
    var line: SourceLine? { SourceLine(of: calls) }
  }

  let layout: Layout
  var steps: [Step] = []
  /// The state before each step, and the last one.
  var states: [[UInt64]] = []
  /// What the last step was found to violate.
  var violation = Oracle.none
  var frame = 0

  /// Takes `actions` from the first state of `stepper`.
  ///
  /// Where walkers hold something else, other accesses are an actor's own: so a
  /// turn that `original` took as well makes the same accesses as it did there.
  init(
    _ actions: [Action], on stepper: Stepper<AnyModel>,
    following original: ReplayedSteps? = nil
  ) {
    layout = stepper.layout
    stepper.core.keepsCalls = original == nil
    states.append(stepper.snapshot())
    var followed = original?.steps.makeIterator()
    for action in actions {
      stepper.core.violation = .none
      stepper.core.access = .none
      stepper.core.calls = Calls()
      stepper.core.newAccesses = 0
      let before = action.isOfWalker ? nil : followed?.next()
      stepper.core.turnLength = before?.length
      stepper.core.ownership =
        before.map { OwnershipTrace(following: $0.ownership) }
        ?? OwnershipTrace()
      guard stepper.perform(action) else { return }
      steps.append(
        before
          ?? Step(
            action: action, access: stepper.core.access,
            target: stepper.core.target, detail: stepper.core.detail,
            value: stepper.core.value,
            operation: stepper.operationName(action),
            calls: stepper.core.calls, length: stepper.core.newAccesses,
            ownership: stepper.core.ownership?.answers ?? []))
      states.append(stepper.snapshot())
      violation = stepper.core.violation
      frame = stepper.core.violationFrame
    }
  }

  /// Whether `frame` is in the byte of a set, in state `index`.
  func holds(_ frame: Int, _ set: Int, byte: Int, in index: Int) -> Bool {
    states[index][set + byte / 8] >> UInt64(byte % 8 * 8 + frame) & 1 != 0
  }

  /// Since which state the byte has held `frame`, counted back from `index`.
  func since(_ frame: Int, _ set: Int, byte: Int, before index: Int) -> Int {
    var index = index
    while index > 0, holds(frame, set, byte: byte, in: index - 1) { index -= 1 }
    return index
  }

  /// An entry that changed.
  typealias Change = (frame: Int, index: Int, old: UInt64, new: UInt64)

  /// The entries that changed with a step.
  func changes(at step: Int) -> [Change] {
    var found: [Change] = []
    for frame in 0..<layout.frames {
      for index in 0..<layout.entriesPerTable {
        let cell = layout.entry(frame, index)
        let old = states[step][cell]
        let new = states[step + 1][cell]
        if old != new { found.append((frame, index, old, new)) }
      }
    }
    return found
  }

  /// Whether a step made the queue of an IOMMU that reads memory longer.
  func ringsBell(at step: Int) -> Bool {
    let cell = layout.cell(.tail)
    return states[step][cell] != states[step + 1][cell]
  }

  /// The store to an entry that a step left in its CPU's buffer, if it did.
  func buffered(at step: Int) -> Change? {
    guard steps[step].access == .storeEntry, layout.bufferWords > 0 else {
      return nil
    }
    let actor = steps[step].action.actor
    let first = layout.buffer(of: layout.cpu(ofActor: actor))
    let state = states[step + 1]
    let stores = stride(
      from: first, to: first + layout.bufferWords, by: Layout.bufferedWords
    ).map { BufferedStore(place: state[$0], value: state[$0 + 1]) }
    guard let store = stores.last(where: { $0.kind != .none }),
      store.kind == .entry, store.target == steps[step].target
    else { return nil }
    let cell = layout.entry(store.target, store.index)
    return (store.target, store.index, states[step][cell], store.value)
  }

  func isFree(_ frame: Int, in index: Int) -> Bool {
    states[index][Layout.free] >> UInt64(frame) & 1 != 0
  }

  /// Whether a frame is, or was last, linked at a place.
  func isLinked(_ frame: Int, at place: Int, in index: Int) -> Bool {
    let bit = frame * layout.placeBytes * 8 + place - 1
    return states[index][layout.linkedPlaces + bit / 64] >> UInt64(bit % 64)
      & 1 != 0
  }

  /// A table that is retired at the end.
  var retired: Int? {
    guard let last = states.last else { return nil }
    return (1..<layout.frames).first {
      let word = TypeWord(
        rawValue: UInt32(
          truncatingIfNeeded: last[layout.field(.typeWord, of: $0)]))
      return word.kind == .table && word.state == .quarantined
    }
  }

  func table(in entry: UInt64) -> Int? {
    let frame = TinyEntry.table(in: entry)
    return frame >= 0 ? frame : nil
  }
}

extension Stepper {
  /// A copy of the state that the machine is in.
  func snapshot() -> [UInt64] { (0..<layout.size).map { state[$0] } }

  func operationName(_ action: Action) -> String {
    switch action.kind {
    case .begin, .turn:
      isOfWorkers(action.actor)
        ? "reclaim" : scenario.moves[action.move].name
    case .carryOut, .failure, .drain, .fill, .evict, .walk, .step, .mark,
      .settle, .flag:
      "hardware"
    }
  }
}
