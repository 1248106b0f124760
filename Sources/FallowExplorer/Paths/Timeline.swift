// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// The steps of a violation as events of the protocol.
struct Timeline {
  let replay: ReplayedSteps
  let frame: Int
  let names: ProgramNames?
  /// How many of the last steps repeat for ever.
  var repeated = 0
  private var layout: Layout { replay.layout }

  /// The step of an operation that is wrong as a whole.
  static let ending = "ends"

  /// What flushes do, by the targets of their accesses.
  static let flushes = [
    "flushes the CPUs", "flushes its own CPU", "issues a flush of the CPUs",
    "issues a flush of its own CPU",
  ]

  /// The events, without loads, locks and what else says nothing.
  var steps: [TimelineStep] {
    replay.steps.indices.compactMap { index in
      let step = replay.steps[index]
      // What went wrong is shown, even if it is only a load.
      let isLast = index == replay.steps.count - 1
      guard let text = text(index) ?? (isLast ? step.access.phrase : nil)
      else { return nil }
      return TimelineStep(
        actor: layout.name(ofActorOf: step.action), step: text,
        source: source(step),
        effect: effect(index),
        isRepeated: index >= replay.steps.count - repeated)
    }
  }

  /// Where the actor that used a table too late had read the entry that
  /// pointed to it.
  private var readOfFrame: Int? {
    guard [.accessToFree, .writeIntoQuarantine].contains(replay.violation)
    else { return nil }
    return replay.steps.indices.dropLast().last {
      let step = replay.steps[$0]
      return step.action.actor == replay.steps.last?.action.actor
        && step.access == .loadEntry
        && replay.table(in: step.value) == frame
    }
  }

  /// Whether debug information has a line for each step of code.
  var namesLines: Bool {
    replay.steps.allSatisfy { $0.access == .none || $0.line != nil }
  }

  private func source(_ step: ReplayedSteps.Step) -> String {
    if let line = step.line { return "\(line)" }
    return step.access == .none
      ? step.operation : "\(step.operation): \(step.access)"
  }

  private func text(_ index: Int) -> String? {
    let step = replay.steps[index]
    switch step.action.kind {
    case .carryOut:
      let state = replay.states[index]
      return text(
        layout.readsMemory
          ? layout.fetched { state[$0] }
          : QueueDescriptor(
            rawValue: UInt32(
              truncatingIfNeeded: state[
                layout.queues + step.action.actor * Layout.queueWords])))
    case .failure: return "fails: its waits are aborted"
    case .settle: return "does what was written to a register"
    case .fill: return "caches what it reads for \(place(step))"
    case .walk: return "walks from what it caches for \(place(step))"
    case .mark:
      return
        "sets the \(step.action.choice == 0 ? "accessed" : "dirty") bit of "
        + "a leaf in frame \(step.action.move)"
    case .evict, .step: return nil
    case .flag:
      return "sets the accessed flag of an entry that leads to a table"
    case .drain: return replay.changes(at: index).first.map(text)
    case .begin, .turn: break
    }
    switch step.access {
    case .allocate:
      return step.value == .max
        ? "finds no frame"
        : "takes frame \(FrameName.index(ofNumber: step.value))"
    case .free: return "gives frame \(step.target) back"
    case .flushCPUs:
      return Self.flushes[step.target]
    case .awaitFlushes: return "has waited for its flushes"
    case .translate:
      return "\(step.detail == 0 ? "reads" : "writes") page \(step.target): "
        + AccessOutcome(step.value).text
    case .writeBack: return "writes an entry back to memory"
    case .loadASID:
      return step.target == 0
        ? "walks other tables from now on"
        : "walks under ASID \(step.target - 1) from now on"
    case .publish: return "makes new entries visible"
    case .scheduleWorker: return "schedules the worker"
    case .awaitReaders: return "has waited for the readers"
    case .submit: return "submits an invalidation to IOMMU \(step.target)"
    case .submitEntry:
      return "has IOMMU \(step.target) read a PASID's entry anew"
    case .storeRegister:
      return replay.ringsBell(at: index)
        ? "rings the bell of the queue" : "writes a register of the IOMMU"
    case .fence: return "queues a wait on IOMMU \(step.target)"
    case .wait: return "is answered by IOMMU \(step.target)"
    case .attach: return "lets IOMMU \(step.target) walk"
    case .detach: return "lets IOMMU \(step.target) begin no new walk"
    case .isolate: return "takes the device of IOMMU \(step.target) off the bus"
    case .compareExchangeWord, .exchangeWord, .storeWord:
      let cell = layout.words + step.target
      let old = replay.states[index][cell]
      let new = replay.states[index + 1][cell]
      if cell == layout.word(always: .flushOwed) {
        return flushMark(step, old, new)
      }
      if new != old, let frame = FrameName.frame(in: new) {
        return "retires frame \(frame)"
      }
      return FrameName.frame(in: old) != nil && new == 0
        ? "takes the list" : nil
    default: break
    }
    if let text = names?.text(
      of: step, isLast: index == replay.steps.count - 1)
    {
      return text
    }
    if let store = replay.buffered(at: index) {
      return text(store) + " (buffered)"
    }
    if step.access == .loadEntry, index == readOfFrame {
      return "reads the entry of frame \(frame)"
    }
    let changes = replay.changes(at: index)
    if !step.access.targetsEntry {
      // A fence, which waited for what was stored before.
      return changes.first.map { text($0) + " in memory" }
    }
    return (changes.first { $0.frame == step.target } ?? changes.first)
      .map(text)
  }

  private func text(_ change: ReplayedSteps.Change) -> String {
    if let table = replay.table(in: change.new) {
      return "links frame \(table)"
    }
    if let table = replay.table(in: change.old) {
      return change.new == 0
        ? "clears the entry of frame \(table)"
        : "writes a leaf over the entry of frame \(table)"
    }
    return change.new == 0 ? "clears a leaf" : "writes a leaf"
  }

  private func flushMark(
    _ step: ReplayedSteps.Step, _ old: UInt64, _ new: UInt64
  ) -> String? {
    if step.action.actor != layout.worker,
      step.action.actor != layout.callback
    {
      return "leaves the CPUs' flush to the worker"
    }
    if step.access == .exchangeWord {
      return "marks the flush as begun" + (new == 2 ? "" : " (buffered)")
    }
    return new == 0 ? "marks the flush as done" : nil
  }

  private func place(_ step: ReplayedSteps.Step) -> String {
    let pages = layout.pages(of: step.action.move)
    return pages.count == 1
      ? "page \(pages.lowerBound)"
      : "pages \(pages.lowerBound) to \(pages.upperBound - 1)"
  }

  private func text(_ command: QueueDescriptor) -> String {
    switch command.kind {
    case .none, .otherStage: "empties the cache of the other stage"
    case .range:
      "drops \(command.leavesOnly ? "leaves" : "all") of "
        + "\(space(command)), pages \(command.pages.lowerBound) to "
        + "\(command.pages.upperBound - 1)"
    case .pasid: "drops all of \(space(command))"
    case .pasidEntry: "drops the entry of \(space(command))"
    case .order: "keeps what comes after behind what came before"
    case .everything: "drops all that it caches"
    case .deviceRange: "empties the device's TLB of PASID \(command.pasid)"
    case .wait: "completes the wait"
    case .invalid: "meets bytes that are no descriptor"
    }
  }

  private func space(_ command: QueueDescriptor) -> String {
    command.isOfEveryPASID ? "every PASID" : "PASID \(command.pasid)"
  }

  /// Where the frame in question stands after a step.
  private func effect(_ index: Int) -> String {
    guard frame > 0 && frame < layout.frames else { return "" }
    if replay.isFree(frame, in: index + 1) { return "frame \(frame): free" }
    let word = TypeWord(
      rawValue: UInt32(
        truncatingIfNeeded: replay.states[index + 1][
          layout.field(.typeWord, of: frame)]))
    return word.kind == .table
      ? "frame \(frame): \(word.state)" : "frame \(frame): taken"
  }
}

extension Search<AnyModel> {
  /// Takes the steps of a violation again, names its cause, makes what a
  /// walker may hold something that it does hold, and makes the timeline.
  func explain(_ outcome: inout Outcome) {
    let stepper = stepper()
    let replay = ReplayedSteps(outcome.actions, on: stepper)
    let diagnosis = Diagnosis(replay: replay)
    if replay.violation != .none { outcome.oracle = diagnosis.oracle }
    if outcome.detail == nil {
      outcome.detail = unended(outcome.oracle, after: replay, on: stepper)
    }
    var told = replay
    switch replay.violation {
    case .heldAtRelease, .staleTranslation, .heldByCPU, .staleWalk:
      guard options.mode == .mayHold else { break }
      let concrete = Search(scenario, options: options.with(.concrete)) {
        (machine) throws(Stop) in try makeModel(machine)
      }
      var actions = outcome.actions
      let walkerSteps = diagnosis.walkerSteps
      for step in walkerSteps.reversed() {
        actions.insert(step.action, at: step.before)
      }
      told = ReplayedSteps(
        actions, on: concrete.stepper(), following: replay)
      outcome.isConfirmed =
        told.violation != .none && told.steps.count == actions.count
    default: break
    }
    outcome.accesses = replay.steps.map(\.access)
    outcome.frame =
      replay.violation == .none ? replay.retired ?? 0 : replay.frame
    let timeline = Timeline(
      replay: outcome.isConfirmed ? told : replay, frame: outcome.frame,
      names: scenario.names,
      repeated: outcome.repeatedActions)
    outcome.timeline = timeline.steps
    outcome.namesLines = timeline.namesLines
  }
}

extension SearchOptions {
  func with(_ mode: WalkerMode) -> SearchOptions {
    var options = self
    options.mode = mode
    return options
  }
}
