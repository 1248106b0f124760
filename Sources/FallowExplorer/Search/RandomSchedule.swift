// SPDX-License-Identifier: Apache-2.0

internal import FallowMachine

/// Draws, for one execution, the actor that goes on.
///
/// PCT is by Burckhardt, Kothari, Musuvathi and Nagarakatte (A Randomized
/// Scheduler with Probabilistic Guarantees of Finding Bugs, ASPLOS 2010); read
/// was the form that Shuttle gives it (`src/scheduler/pct.rs`). A thread is an
/// operation here, or a step of hardware: each draws a priority when it begins.
/// At a number of steps that are drawn before, the operation that has just gone
/// on falls below all others, so does one that only waited.
struct RandomSchedule {
  private static let processes = 128

  private let options: RandomOptions
  private var numbers: RandomNumbers
  private var priorities: [Int]
  /// The steps after which a priority changes.
  private var changes: [Int] = []
  /// The priority of what waited last.
  private var lowest = 0
  private var steps = 0

  /// The schedule of one execution.
  ///
  /// - Parameters:
  ///   - options: How the actor is chosen.
  ///   - numbers: What is drawn from.
  ///   - length: About how many steps an execution has.
  init(_ options: RandomOptions, _ numbers: RandomNumbers, length: Int) {
    self.options = options
    self.numbers = numbers
    priorities = Array(repeating: 0, count: Self.processes)
    guard options.strategy == .pct else { return }
    for process in priorities.indices { drawPriority(of: process) }
    changes = (1..<options.depth).map { _ in 1 + draw(below: max(1, length)) }
  }

  /// A number below a bound.
  mutating func draw(below bound: Int) -> Int {
    Int(numbers.next(below: UInt64(bound)))
  }

  /// Puts what is offered into the order in which it is to be tried: that of
  /// one process side by side.
  mutating func arrange(_ offers: inout [Action]) {
    if options.strategy == .uniform {
      for action in offers { drawPriority(of: action.process) }
    }
    for last in stride(from: offers.count - 1, to: 0, by: -1) {
      offers.swapAt(last, draw(below: last + 1))
    }
    offers.sort { priorities[$0.process] > priorities[$1.process] }
  }

  /// A step was taken.
  ///
  /// - Parameters:
  ///   - action: The step.
  ///   - hasEnded: Whether an operation ended with it.
  ///   - hasStayed: Whether it changed nothing.
  mutating func note(_ action: Action, hasEnded: Bool, hasStayed: Bool) {
    steps += 1
    guard options.strategy == .pct else { return }
    if hasEnded || action.isOfHardware { drawPriority(of: action.process) }
    if hasStayed {
      lowest -= 1
      priorities[action.process] = lowest
    }
    if let change = changes.firstIndex(of: steps) {
      priorities[action.process] = options.depth - change
    }
  }

  /// Above all those to which priorities change.
  private mutating func drawPriority(of process: Int) {
    priorities[process] = 1 << 40 + draw(below: 1 << 40)
  }
}

extension Action {
  /// Whether an IOMMU, a buffer or a walker takes it.
  fileprivate var isOfHardware: Bool {
    switch kind {
    case .begin, .turn: false
    case .carryOut, .failure, .drain, .fill, .evict, .walk, .step, .mark,
      .settle, .flag:
      true
    }
  }

  /// The process whose step it is: an actor, an IOMMU, a failure, a buffer, a
  /// walker.
  fileprivate var process: Int {
    switch kind {
    case .begin, .turn: actor
    case .carryOut: 16 + actor
    case .failure: 32 + actor
    case .drain: 48 + actor
    case .settle: 62
    case .mark, .flag: 63
    case .fill, .evict, .walk, .step: 64 + actor
    }
  }
}
