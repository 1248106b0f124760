// SPDX-License-Identifier: Apache-2.0

@testable import Fallow

/// Why an operation on a stepping machine stopped.
enum Stop: Error {
  /// It made the one access of its turn.
  case step
  /// It has to wait for another.
  case blocked
  /// It did what must not happen.
  case violation
}

/// Runs one actor's operation up to its next shared access.
final class Stepper {
  var state: SteppingState
  /// Whether private accesses end a turn as well: it catches an access that is
  /// called private and is not.
  let areAllShared: Bool
  private(set) var actor = 0
  private(set) var violation: String?
  private(set) var lastAccess: Access?
  private var cursor = 0
  private var hasStepped = false
  private var isUnwinding = false

  init(_ state: SteppingState, areAllShared: Bool) {
    self.state = state
    self.areAllShared = areAllShared
  }

  var machine: SteppingMachine {
    unsafe SteppingMachine(reference: Unmanaged.passUnretained(self))
  }

  enum Outcome {
    case stepped
    case finished
    case blocked
    case violated(String)
  }

  /// One turn of `actor`: the operation runs from its start, answered from the
  /// log, and makes one shared access more.
  func turn(
    of actor: Int, _ operation: () throws(Stop) -> Void
  ) -> Outcome {
    self.actor = actor
    cursor = 0
    hasStepped = false
    isUnwinding = false
    violation = nil
    state.actors[actor].isRunning = true
    do throws(Stop) {
      try operation()
    } catch {
      state.walk()
      if let violation { return .violated(violation) }
      return error == .blocked ? .blocked : .stepped
    }
    state.walk()
    if cursor != state.actors[actor].log.count {
      return .violated("a run from the start made fewer accesses")
    }
    state.actors[actor].log = []
    state.actors[actor].isRunning = false
    return violation.map { .violated($0) } ?? .finished
  }

  func access(
    _ kind: Access, at address: UInt64 = 0, isShared: Bool,
    _ body: (inout SteppingState) throws(Stop) -> UInt64
  ) throws(Stop) -> UInt64 {
    let key = UInt64(kind.rawValue) << 56 | address
    if cursor < state.actors[actor].log.count {
      let logged = state.actors[actor].log[cursor]
      guard logged.key == key else {
        throw fail("a run from the start took another way, at \(kind)")
      }
      cursor += 1
      return logged.result
    }
    if isShared || areAllShared {
      if hasStepped { throw unwind(.step) }
      hasStepped = true
      lastAccess = kind
    }
    let result: UInt64
    do throws(Stop) { result = try body(&state) } catch { throw unwind(error) }
    state.actors[actor].log.append(.init(key: key, result: result))
    cursor += 1
    return result
  }

  /// The head of a loop that tries again.
  ///
  /// A turn of it that follows another
  /// comes right after a compare-exchange, or a free, that ended the one
  /// before; that turn is forgotten, since nothing of it is carried on.
  func attempt() throws(Stop) {
    let log = state.actors[actor].log
    let key = UInt64(Access.attempt.rawValue) << 56
    if cursor == log.count, let last = log.last, isEndOfTurn(last.key),
      let head = log.lastIndex(where: { $0.key == key })
    {
      state.actors[actor].log.removeSubrange((head + 1)...)
      cursor = head + 1
      return
    }
    _ = try access(.attempt, isShared: false) { _ throws(Stop) in 0 }
  }

  private func isEndOfTurn(_ key: UInt64) -> Bool {
    switch Access(rawValue: UInt8(key >> 56)) {
    case .compareExchangeEntry, .compareExchangeWord, .free: true
    default: false
    }
  }

  func unwind(_ stop: Stop) -> Stop {
    isUnwinding = true
    return stop
  }

  func fail(_ text: String) -> Stop {
    if violation == nil { violation = text }
    return unwind(.violation)
  }

  /// A token dies with an operation that is interrupted; in any other case
  /// someone forgot it.
  func dropped(_ frame: FrameNumber) {
    if isUnwinding { return }
    _ = fail("the token of frame \(frame.rawValue) was dropped")
  }
}
