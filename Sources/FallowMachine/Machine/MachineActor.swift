// SPDX-License-Identifier: Apache-2.0

/// An actor, as the records name it.
public struct MachineActor: Equatable, BitwiseCopyable, Sendable {
  /// The number of the CPU.
  public var cpu: Int32

  /// The task that runs on it, by the number that the caller knows it by.
  public var task: Int32

  /// `task` on `cpu`.
  ///
  /// - Parameters:
  ///   - cpu: The number of the CPU.
  ///   - task: The number of the task.
  public init(cpu: Int32, task: Int32) {
    self.cpu = cpu
    self.task = task
  }
}

/// When something happened, and the actor.
public struct MachineMoment: Equatable, BitwiseCopyable, Sendable {
  /// The simulated time, in nanoseconds.
  public var time: UInt64

  /// The actor.
  public var actor: MachineActor

  /// `actor` did it at `time`, in nanoseconds.
  ///
  /// - Parameters:
  ///   - time: The time in nanoseconds.
  ///   - actor: The actor.
  public init(time: UInt64, actor: MachineActor) {
    self.time = time
    self.actor = actor
  }
}
