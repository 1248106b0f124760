// SPDX-License-Identifier: Apache-2.0

/// One recorded kernel event: time, CPU, task and payload.
///
/// Trivially copyable and without references, so that millions can be read,
/// sorted and kept at the price of their bytes.
public struct TraceEvent: BitwiseCopyable, Equatable, Sendable {
  /// Time of the event, in nanoseconds of the recording's own clock.
  ///
  /// Text that was written in microseconds gives multiples of 1,000.
  public var time: UInt64

  /// The CPU it happened on.
  public var cpu: Int

  /// The task that was running: its process id.
  public var task: Int

  /// What happened.
  public var payload: Payload

  /// Makes an event.
  ///
  /// - Parameters:
  ///   - time: The time in nanoseconds.
  ///   - cpu: The number of the CPU.
  ///   - task: The task's process ID.
  ///   - payload: What happened.
  public init(time: UInt64, cpu: Int, task: Int, payload: Payload) {
    self.time = time
    self.cpu = cpu
    self.task = task
    self.payload = payload
  }
}
