// SPDX-License-Identifier: Apache-2.0

/// Calls that a program puts off: to a worker, or until readers have left.
extension SteppingMachine {
  /// Puts a call of `function` with `argument` off.
  ///
  /// - Returns: False if a call with that argument waits already.
  package func putOff(
    _ kind: CallKind, _ function: UInt64, _ argument: UInt64
  ) throws(Stop) -> Bool {
    if let answer = try core.begin(.deferCall, kind.rawValue) {
      return answer != 0
    }
    let free = core.callPlaces.first { core.cells[$0] == 0 }
    let isThere = core.callPlaces.contains {
      core.cells[$0] != 0 && core.cells[$0 + 1] == argument
        && core.kind(ofCallAt: $0) == kind
    }
    if isThere {
      if kind == .callback { throw core.fail(.queuedTwice) }
      return try core.end(.deferCall, kind.rawValue, 0, 0) != 0
    }
    guard let free else { throw core.fail(.tooManyCalls) }
    core.cells[free] = function
    core.cells[free + 1] = argument
    let readers = kind == .callback ? core.cells[Layout.readers] : 0
    core.cells[free + 2] = UInt64(kind.rawValue) | readers << 8
    if kind == .worker {
      core.cells.setBits(1, at: Layout.flags)
      core.noteScheduled()
      if core.cells[core.layout.headers + core.layout.worker] != 0 {
        core.happened |= CoverageGoal.rescheduled.bit
      }
    } else if readers != 0 {
      core.happened |= CoverageGoal.readersAwaited.bit
    }
    return try core.end(.deferCall, kind.rawValue, 0, 1) != 0
  }

  /// Takes a call that can be carried out now: any of them.
  package func takeCall() throws(Stop) -> (function: UInt64, argument: UInt64) {
    let kind: CallKind =
      core.actor == core.layout.callback ? .callback : .worker
    if let function = try core.begin(.takeCall, 0) {
      let argument = try core.answer(.takeCall, 1)
      return (function, argument ?? 0)
    }
    let ready = core.readyCalls(for: kind)
    if ready.isEmpty { throw core.stop(.blocked) }
    let place = ready[core.pick(ready.count)]
    let function = core.cells[place]
    let argument = core.cells[place + 1]
    core.removeCall(at: place)
    core.cells[core.running(kind)] = argument
    if core.callPlaces.contains(where: {
      core.cells[$0] != 0 && core.kind(ofCallAt: $0) == .worker
    }) {
      core.cells.setBits(1, at: Layout.flags)
    }
    try core.end(.takeCall, 0, 0, function)
    try core.end(.takeCall, 1, 0, argument)
    core.noteBegun(function)
    return (function, argument)
  }

  /// Waits until a call with that argument neither waits nor is under way; of
  /// every callback if nil.
  package func flushCalls(_ argument: UInt64?) throws(Stop) {
    if try core.begin(.flushCalls, argument == nil ? 1 : 0) != nil { return }
    let isThere =
      argument.map { core.hasCall(with: $0) } ?? core.hasCallbacks
    if isThere { throw core.stop(.blocked) }
    try core.end(.flushCalls, argument == nil ? 1 : 0, 0, 0)
  }

  /// Waits until the worker has nothing to do.
  package func flushWork() throws(Stop) {
    if try core.begin(.flushCalls, 2) != nil { return }
    if core.hasWork { throw core.stop(.blocked) }
    try core.end(.flushCalls, 2, 0, 0)
  }

  /// Takes back a call to the worker that has not begun.
  ///
  /// - Returns: Whether there was one.
  package func cancelCall(_ argument: UInt64) throws(Stop) -> Bool {
    if let answer = try core.begin(.deferCall, 2) { return answer != 0 }
    let waiting = core.callPlaces.first {
      core.cells[$0] != 0 && core.cells[$0 + 1] == argument
        && core.kind(ofCallAt: $0) == .worker
    }
    if let waiting { core.removeCall(at: waiting) }
    return try core.end(.deferCall, 2, 0, waiting == nil ? 0 : 1) != 0
  }

  /// Any number below `ways`, whichever: the search tries each.
  package func choose(_ ways: Int) throws(Stop) -> Int {
    guard (1...255).contains(ways) else { throw core.fail(.outOfBounds) }
    if let answer = try core.begin(.choose, 0, ways) { return Int(answer) }
    let choice = core.pick(ways)
    return Int(try core.end(.choose, 0, ways, UInt64(choice)))
  }
}

extension Core {
  /// Has a timeline say where the function is that a call begins.
  mutating func noteBegun(_ function: UInt64) {
    value = function
    if keepsCalls, let locate { calls = Calls(at: locate(function)) }
  }

  /// An entry has changed: a table that it led to has left the tree, and the
  /// actor has retired it.
  mutating func noteUnlinked(from old: UInt64, to new: UInt64) {
    guard !runsThrough, let table = table(in: old),
      self.table(in: new) != table
    else { return }
    cells.setBits(1 << UInt8(table), at: Layout.unlinked, byte: actor)
    // A program does not say when it retires a table.
    if layout.memory.words > 0 { noteRetired(table) }
  }

  private var firstCall: Int { layout.program + layout.memory.words }

  /// Where the calls that are put off are kept.
  var callPlaces: StrideTo<Int> {
    let count = layout.hasCallbacks ? MemoryBounds.calls : 0
    return stride(
      from: firstCall, to: firstCall + count * MemoryBounds.wordsPerCall,
      by: MemoryBounds.wordsPerCall)
  }

  /// Whether a call is put off.
  var hasCalls: Bool { layout.hasCallbacks && cells[firstCall] != 0 }

  /// Where the argument of the call under way is kept.
  func running(_ kind: CallKind) -> Int {
    firstCall + MemoryBounds.calls * MemoryBounds.wordsPerCall + kind.rawValue
  }

  func kind(ofCallAt place: Int) -> CallKind? {
    CallKind(rawValue: Int(cells[place + 2] & 0xff))
  }

  /// The calls that can be carried out now.
  func readyCalls(for kind: CallKind) -> [Int] {
    callPlaces.filter { isReady($0, for: kind) }
  }

  /// Whether a call can be carried out now.
  func hasCall(for kind: CallKind) -> Bool {
    callPlaces.contains { isReady($0, for: kind) }
  }

  private func isReady(_ place: Int, for kind: CallKind) -> Bool {
    cells[place] != 0
      && cells[place + 2] == UInt64(truncatingIfNeeded: kind.rawValue)
  }

  /// Whether work waits or is under way.
  var hasWork: Bool {
    cells[layout.headers + layout.worker] != 0
      || callPlaces.contains {
        cells[$0] != 0 && kind(ofCallAt: $0) == .worker
      }
  }

  /// Whether a callback waits or is under way.
  var hasCallbacks: Bool {
    cells[running(.callback)] != 0
      || callPlaces.contains {
        cells[$0] != 0 && kind(ofCallAt: $0) == .callback
      }
  }

  /// Whether a call with that argument waits or is under way.
  func hasCall(with argument: UInt64) -> Bool {
    CallKind.allCases.contains { cells[running($0)] == argument }
      || callPlaces.contains { cells[$0] != 0 && cells[$0 + 1] == argument }
  }

  /// Takes a call out; those behind it move up.
  func removeCall(at place: Int) {
    let end = running(.worker)
    let width = MemoryBounds.wordsPerCall
    for index in place..<end {
      cells[index] = index + width < end ? cells[index + width] : 0
    }
  }

  /// Readers have left: callbacks do not wait for them any more.
  func leaveCallbacks(readers: UInt64) {
    for place in callPlaces where cells[place] != 0 {
      cells.clearBits(readers << 8, at: place + 2)
    }
  }

  /// What the actor's operation leaves behind when it ends: its call is done,
  /// and nobody shares its stack.
  func endProgram() {
    guard layout.hasCallbacks else { return }
    if actor == layout.worker { cells[running(.worker)] = 0 }
    if actor == layout.callback { cells[running(.callback)] = 0 }
    let width = layout.memory.wordsPerStack
    let first = layout.program + layout.memory.stacks + actor * width
    for index in first..<(first + width) { cells[index] = 0 }
  }
}
