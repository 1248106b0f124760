// SPDX-License-Identifier: Apache-2.0

@testable import Fallow

/// A breadth-first search of every order in which a few actors can take their
/// turns.
struct Exploration<Depth: TinyDepth, Scheme: ReclamationScheme>
where Scheme.P == SteppingMachine {
  typealias Space = KernelTree<TinyFormat<Depth>, Scheme>

  enum Operation {
    case map(Int, pages: Int = 1)
    /// Takes the frames before, and gives back what is left of them.
    case mapReserved(Int, pages: Int = 1)
    /// Maps a list of frames.
    case mapList(Int, pages: Int)
    /// Takes the frames back as a list.
    case unmapList(Int, pages: Int)
    case unmap(Int, pages: Int = 1)
    case bind
    case unbind
  }

  struct Result {
    var states = 0
    var transitions = 0
    var depth = 0
    var violation: String?
    var trace: [String] = []
    /// Whether a table went through the worker, so that the search says
    /// something.
    var releases = 0
  }

  /// How many frames there are, the root included.
  var frames: Int
  /// What each CPU does.
  var scripts: [[Operation]]
  var areAllShared = false
  /// Whether the IOMMU may fail to answer.
  var mayFail = false
  var scheme: (Stepper) -> Scheme

  private struct Node {
    var state: SteppingState
    var parent: Int
    var depth: Int
    var action: String
  }

  func run(limit: Int = 2_000_000) -> Result {
    var result = Result()
    let first = SteppingState(
      frameCount: frames, cpuCount: scripts.count, levels: Depth.levels)
    let stepper = Stepper(first, areAllShared: areAllShared)
    let scheme = scheme(stepper)
    let space = Space(scheme: scheme, root: first.root, emptyTables: .free)
    var nodes = [Node(state: first, parent: 0, depth: 0, action: "")]
    var known: Set<SteppingState> = [first]
    var next = 0
    while next < nodes.count {
      let node = nodes[next]
      var isStuck = true
      func reach(_ action: String, _ violation: String?) -> Bool {
        isStuck = false
        result.transitions += 1
        let state = stepper.state
        if let found = violation ?? state.violation() {
          result.violation = found
          result.depth = node.depth + 1
          var trace = [action]
          var index = next
          while index != 0 {
            trace.append(nodes[index].action)
            index = nodes[index].parent
          }
          result.trace = trace.reversed()
          return true
        }
        if known.insert(state).inserted {
          nodes.append(
            Node(
              state: state, parent: next, depth: node.depth + 1,
              action: action))
        }
        return false
      }
      for actor in node.state.actors.indices {
        guard canRun(actor, in: node.state) else { continue }
        stepper.state = node.state
        if actor == scripts.count, !node.state.actors[actor].isRunning {
          stepper.state.isWorkerScheduled = false
        }
        let outcome = stepper.turn(of: actor) { () throws(Stop) in
          try perform(actor, node.state.actors[actor].done, space, scheme)
        }
        let name = "\(actor) \(stepper.lastAccess.map { "\($0)" } ?? "")"
        if stepper.lastAccess == .free { result.releases += 1 }
        var violation: String?
        switch outcome {
        case .blocked: continue
        case .violated(let text): violation = text
        case .stepped: break
        case .finished:
          if actor < scripts.count { stepper.state.actors[actor].done += 1 }
        }
        if reach(name, violation) { return finish(result, nodes) }
      }
      if node.state.queue.done < node.state.queue.issued {
        for answer in mayFail ? [true, false] : [true] {
          stepper.state = node.state
          complete(&stepper.state, answer: answer)
          if reach("IOMMU answers \(answer)", nil) {
            return finish(result, nodes)
          }
        }
      }
      if isStuck, let text = deadEnd(node.state) {
        result.violation = text
        return finish(result, nodes)
      }
      result.depth = max(result.depth, node.depth)
      next += 1
      if nodes.count > limit {
        result.violation = "more than \(limit) states"
        break
      }
    }
    return finish(result, nodes)
  }

  private func finish(
    _ result: Result, _ nodes: [Node]
  ) -> Result {
    var result = result
    result.states = nodes.count
    return result
  }

  private func canRun(_ actor: Int, in state: SteppingState) -> Bool {
    if state.actors[actor].isRunning { return true }
    return actor == scripts.count
      ? state.isWorkerScheduled
      : state.actors[actor].done < scripts[actor].count
  }

  private func perform(
    _ actor: Int, _ done: Int, _ space: Space, _ scheme: Scheme
  ) throws(Stop) {
    guard actor < scripts.count else { return try scheme.reclaim() }
    func range(_ page: Int, _ pages: Int) -> VirtualRange {
      VirtualRange(
        start: VirtualAddress(UInt64(page) << FrameNumber.shift),
        size: UInt64(pages) << FrameNumber.shift)
    }
    let sharing = Sharing(driver: SteppingDriver(platform: scheme.platform))
    let device = Device(iommu: 0, requester: 8)
    switch scripts[actor][done] {
    case .map(let page, let pages):
      _ = try space.map(
        range(page, pages), to: PhysicalAddress(UInt64(page + 64) << 12),
        attributes: .none)
    case .mapReserved(let page, let pages):
      let range = range(page, pages)
      let address = PhysicalAddress(UInt64(page + 64) << 12)
      guard var reserved = try space.reserve(for: range, to: address)
      else { return }
      do throws(Stop) {
        _ = try space.map(
          range, to: address, attributes: .none, from: &reserved)
      } catch {
        reserved.forget()
        throw error
      }
      try reserved.giveBack()
    case .mapList(let page, let pages):
      // Any order but that of the pages.
      let frames = (0..<UInt64(pages)).map { FrameNumber(80 - $0) }
      _ = try space.map(
        range(page, pages).start, to: frames.span, attributes: .none)
    case .unmapList(let page, let pages):
      try unmapList(range(page, pages), in: space)
    case .unmap(let page, let pages):
      _ = try space.unmap(range(page, pages))
    case .bind:
      _ = try sharing.bind(space.root, to: device, as: PASID(1))
    case .unbind:
      _ = try sharing.unbind(space.root, from: device, as: PASID(1))
    }
  }

  private func unmapList(
    _ range: VirtualRange, in space: Space
  ) throws(Stop) {
    var frames = [FrameNumber](
      repeating: .none, count: Int(range.size / FrameNumber.size))
    var places = frames.mutableSpan
    try space.scheme.retiring { (unlinked) throws(Stop) in
      _ = try space.unmap(range.start, to: &places, into: &unlinked)
    }
  }

  private func complete(_ state: inout SteppingState, answer: Bool) {
    state.queue.done = state.queue.issued
    if !answer {
      // What was put into the queue after the last fence may be lost too.
      state.queue.failed = state.queue.issued
      if state.queue.hasRequest { state.queue.failed += 1 }
    } else if state.queue.isFenced {
      state.heldByIOMMU = state.isAttached ? state.reachable : 0
    }
    state.queue.isFenced = false
  }

  /// Nobody can go on: all must be done.
  private func deadEnd(_ state: SteppingState) -> String? {
    if state.actors.contains(where: \.isRunning) { return "nobody can go on" }
    return nil
  }
}

extension Exploration.Result: CustomStringConvertible {
  var description: String {
    "\(states) states, \(transitions) transitions, depth \(depth)"
      + (violation.map { ": \($0)\n  " + trace.joined(separator: "\n  ") }
        ?? "")
  }
}
