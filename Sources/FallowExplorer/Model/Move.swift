// SPDX-License-Identifier: Apache-2.0

/// An operation that an actor may begin, and what becomes of the slot.
public struct Move: Sendable {
  /// What is done.
  public var operation: Operation
  /// The slot is this before; nil if any, and then the slot is not claimed.
  public var from: SlotState?
  /// The slot is this after the operation succeeded.
  public var to: SlotState
  /// The slot is this after the operation was refused.
  public var otherwise: SlotState
  /// The actors that may begin it, a bit each; interrupts come after the worker.
  public var actors: UInt8
  /// The function of the program that does it.
  package var function: String?

  /// What it is called.
  package var name: String { function ?? "\(operation)" }

  /// A move of every CPU.
  ///
  /// - Parameters:
  ///   - operation: What is done.
  ///   - from: What the slot is before; nil if any.
  ///   - to: What it is once the operation succeeded.
  ///   - otherwise: What it is once the operation was refused; nil for what it
  ///     was before.
  ///   - actors: The actors that may begin it, a bit each.
  public init(
    _ operation: Operation, from: SlotState?, to: SlotState,
    otherwise: SlotState? = nil, actors: UInt8 = .max
  ) {
    self.operation = operation
    self.from = from
    self.to = to
    self.otherwise = otherwise ?? from ?? .empty
    self.actors = actors
  }
}
