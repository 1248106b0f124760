// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Operations that are given as functions, for protocols that need no type of
/// their own.
///
/// ```swift
/// let outcome = Search(scenario) { machine in
///   let path = FreePath(on: machine)
///   return Functions(
///     on: machine,
///     [.map: path.map, .unmap: path.unmap, .reclaim: path.reclaim])
/// }.run()
/// ```
public struct Functions: Model {
  /// Performs an operation on a slot; false if it was refused and nothing
  /// changed.
  public typealias Body = @Sendable (Slot) throws(Stop) -> Bool

  private let machine: SteppingMachine
  private let bodies: [Operation: Body]

  /// Each operation by the function that performs it.
  ///
  /// - Parameters:
  ///   - machine: The machine that the functions run on.
  ///   - bodies: The functions.
  public init(on machine: SteppingMachine, _ bodies: [Operation: Body]) {
    self.machine = machine
    self.bodies = bodies
  }

  /// Performs an operation by its function; without one the search ends with
  /// ``Oracle/unknownOperation``.
  public func perform(
    _ operation: Operation, on slot: Slot
  ) throws(Stop) -> Bool {
    guard let body = bodies[operation] else {
      throw machine.unknown(operation)
    }
    return try body(slot)
  }
}

extension SteppingMachine {
  /// The end of a search whose scenario has an operation that the code does not
  /// know, as the `default:` of a ``Model`` throws it.
  ///
  /// - Parameter operation: The operation that is not known.
  public func unknown(_ operation: Operation) -> Stop {
    core.fail(.unknownOperation)
  }
}
