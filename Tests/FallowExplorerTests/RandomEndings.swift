// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine

@testable import FallowExplorer

/// A protocol at random whose operations may never end: two of them and a
/// worker take locks in any order, wait for words that others store, for
/// readers and for IOMMUs, and put the worker off again.
struct RandomEndings: Model {
  indirect enum Step {
    case locked(KernelLock, [Step])
    case reading([Step])
    case set(Int, UInt64)
    /// Until a word holds 1, which makes it what is said.
    case spin(Int, becomes: UInt64)
    /// The same for the list that a lock guards.
    case spinOnList
    case setList(UInt64)
    /// Only if a word holds 0; only if it does not.
    case unless(Int, [Step]), when(Int, [Step])
    case awaitReaders
    case schedule
    case flush
    case submit, fence, wait
  }

  let machine: SteppingMachine
  /// What is done for each slot, and by the worker.
  let programs: [[Step]]

  private static func word(_ number: Int) -> KernelWord {
    KernelWord(index: 4 + number)
  }

  func perform(_ operation: Operation, on slot: Slot) throws(Stop) -> Bool {
    var tickets: [UInt64] = []
    try run(programs[operation == .map ? slot.number : 2], &tickets)
    return true
  }

  private func run(
    _ steps: [Step], _ tickets: inout [UInt64]
  ) throws(Stop) {
    let driver = SteppingDriver(platform: machine)
    for step in steps {
      switch step {
      case .locked(let lock, let inner):
        try machine.lock(lock)
        try run(inner, &tickets)
        try machine.unlock(lock)
      case .reading(let inner):
        try machine.enterReadSection()
        try run(inner, &tickets)
        try machine.leaveReadSection()
      case .set(let word, let value):
        _ = try machine.exchange(value, at: Self.word(word))
      case .spin(let word, let value): try spin(on: Self.word(word), value)
      case .spinOnList: try spin(on: .parked, 0)
      case .setList(let value):
        _ = try machine.exchange(value, at: .parked)
      case .unless(let word, let inner):
        if try machine.load(Self.word(word)) == 0 { try run(inner, &tickets) }
      case .when(let word, let inner):
        if try machine.load(Self.word(word)) != 0 { try run(inner, &tickets) }
      case .awaitReaders: try machine.awaitReaders()
      case .schedule: try machine.scheduleWorker(after: 0)
      case .flush:
        try machine.flushCPUs(
          VirtualRange(start: VirtualAddress(0), size: FrameNumber.size))
      case .submit:
        try driver.submit(
          InvalidationRequest(pasid: PASID(0), range: nil), to: 0)
      case .fence: tickets.append(try driver.fence(0))
      case .wait:
        if let ticket = tickets.popLast() {
          _ = try driver.wait(for: ticket, on: 0)
        }
      }
    }
  }

  private func spin(
    on word: KernelWord, _ value: UInt64
  ) throws(Stop) {
    while true {
      try machine.attempt()
      if try machine.compareExchange(word, expected: 1, desired: value) == 1 {
        return
      }
    }
  }
}

extension RandomEndings {
  /// What surrounds a step that is drawn.
  private struct Surroundings {
    var held: [KernelLock] = []
    var isReading = false
    var isOfWorker = false
    var depth = 0

    var isAtomic: Bool { isReading || held.contains(where: \.spins) }
  }

  private static let locks: [KernelLock] = [
    .reclamation, .sharing, .mutex(0), .spin(0), .spin(1),
  ]

  private static func steps(
    _ chances: inout RandomNumbers, _ around: Surroundings, count: UInt64
  ) -> [Step] {
    (0..<count).flatMap { _ in step(&chances, around) }
  }

  private static func step(
    _ chances: inout RandomNumbers, _ around: Surroundings
  ) -> [Step] {
    if around.depth < 2, chances.below(100) < 45 {
      var inner = around
      inner.depth += 1
      let lock = chances.one(of: locks)
      let mayTake =
        !around.held.contains(lock) && (!around.isAtomic || lock.spins)
      if mayTake, chances.below(4) > 0 {
        inner.held.append(lock)
        let count = UInt64(1 + chances.below(2))
        return [.locked(lock, steps(&chances, inner, count: count))]
      }
      if !around.isReading, chances.below(2) == 0 {
        inner.isReading = true
        let count = UInt64(1 + chances.below(2))
        return [.reading(steps(&chances, inner, count: count))]
      }
      let word = chances.below(2)
      let some = steps(&chances, inner, count: 1)
      return [
        chances.below(2) == 0 ? .unless(word, some) : .when(word, some)
      ]
    }
    let word = chances.below(2)
    let bare: Step = .spin(
      word, becomes: UInt64(chances.below(3) == 0 ? 0 : 1))
    let spin: [Step] =
      chances.below(8) == 0 ? [bare] : [.when(1 - word, [bare])]
    var ways: [[Step]] = [
      [.set(word, 1)], [.set(word, 1)], [.set(word, 1)], [.set(word, 0)],
      // What the other has not begun yet is not waited for, mostly.
      spin, spin, spin, [.schedule], [.flush],
    ]
    if around.held.contains(.reclamation) {
      ways += [
        [.setList(1)], [.setList(1)], [.setList(0)],
        [.when(word, [.spinOnList])],
      ]
    }
    if around.held.contains(.sharing), around.held.count == 1 {
      ways += [[.submit, .fence], [.submit, .fence, .submit, .fence]]
    }
    if !around.isAtomic { ways += [[.awaitReaders], [.awaitReaders], [.wait]] }
    if around.isOfWorker {
      ways += [[.schedule], [.unless(word, [.schedule])]]
    }
    return chances.one(of: ways)
  }

  /// Two programs that wait for each other, by words, readers and a lock, with
  /// more or less than that: in which order they do it decides whether they end.
  private static func exchange(_ chances: inout RandomNumbers) -> [[Step]] {
    let around: ([Step]) -> Step =
      chances.below(3) == 0
      ? { .locked(.mutex(0), $0) } : { .reading($0) }
    let looks: [Step] =
      chances.below(2) == 0 ? [.awaitReaders] : [.locked(.mutex(0), [])]
    var programs: [[Step]] = [
      [.set(0, 1)] + looks + [.set(1, 1)],
      [.when(0, [around([.spin(1, becomes: 1)])])],
    ]
    for index in programs.indices {
      let count = programs[index].count
      if chances.below(6) == 0 {
        programs[index].remove(at: chances.below(count))
      }
      if chances.below(4) == 0, programs[index].count > 1 {
        programs[index].swapAt(0, 1)
      }
      if chances.below(2) == 0 {
        programs[index].insert(
          contentsOf: step(&chances, Surroundings(depth: 1)),
          at: chances.below(programs[index].count + 1))
      }
    }
    return programs
  }

  /// Locks in any order, one in the other.
  private static func nested(_ chances: inout RandomNumbers) -> [Step] {
    var locks: [KernelLock] = [.mutex(0), .reclamation, .mutex(1)]
    var steps = step(&chances, Surroundings(depth: 2))
    for _ in 0..<2 {
      let lock = locks.remove(
        at: chances.below(locks.count))
      steps = [.locked(lock, steps)]
    }
    return steps
  }

  /// What a seed makes of the code, searched to its end.
  static func search(seed: UInt64, _ options: SearchOptions) -> Outcome {
    var chances = RandomNumbers(seed: seed, stream: 9)
    var bounds = Catalogue.bounds(cpus: 2, slots: 2)
    bounds.words = 8
    var scenario = Scenario.mapUnmap(bounds)
    scenario.moves = [Move(.map, from: .empty, to: .over)]
    scenario.mustHappen = []
    var programs: [[Step]]
    switch chances.next(below: 4) {
    case 0: programs = exchange(&chances)
    case 1: programs = (0..<2).map { _ in nested(&chances) }
    default:
      programs = (0..<2).map { _ in
        steps(&chances, Surroundings(), count: 1 + chances.next(below: 3))
      }
      if chances.next(below: 3) == 0 { programs[1] = programs[0] }
    }
    var worker = Surroundings()
    worker.isOfWorker = true
    programs.append(
      steps(&chances, worker, count: 1 + chances.next(below: 2)))
    let drawn = programs
    return Search(scenario, options: options) { (machine) throws(Stop) in
      RandomEndings(machine: machine, programs: drawn)
    }.run()
  }
}
