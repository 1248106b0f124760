// SPDX-License-Identifier: Apache-2.0

/// What tasks were called, and since when: a task that runs another program
/// changes its name.
///
/// It holds at most ``capacity`` names, so that a recording cannot make it
/// grow without end.
public struct TaskNames: Sendable {
  /// How many names there is room for.
  public static let capacity = 1 << 16

  private struct Naming {
    var time: UInt64
    var task: Int
    var name: CommandName
  }

  private var namings: [Naming] = []
  private var latest: [Int: CommandName] = [:]
  private var lastTask = Int.min
  private var lastName = CommandName()

  init() {}

  /// The name of `task` at `time`, in nanoseconds; nil if no event of the task
  /// had come by then.
  ///
  /// - Parameters:
  ///   - task: The task's process ID.
  ///   - time: The time in nanoseconds.
  /// - Complexity: O(names)
  public func name(of task: Int, at time: UInt64) -> String? {
    namings.last { $0.task == task && $0.time <= time }?.name.text
  }

  /// Takes note that an event at `time` names its task so.
  @inline(__always)
  mutating func note(_ name: CommandName, of task: Int, at time: UInt64) {
    if task == lastTask && name == lastName { return }
    lastTask = task
    lastName = name
    if latest[task] == name || namings.count == Self.capacity { return }
    latest[task] = name
    namings.append(Naming(time: time, task: task, name: name))
  }
}

/// A task's name: at most 15 bytes in a kernel, and here as many of it.
struct CommandName: Equatable, BitwiseCopyable {
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  init() {}

  /// The name in `line` that ends before `end`.
  @inline(__always)
  init(_ line: LineBytes, before end: Int) {
    let start = max(line.skipSpaces(from: 0), end - 16)
    for index in start..<max(start, end) {
      high = high << 8 | low >> 56
      low = low << 8 | UInt64(line[index])
    }
  }

  /// The name as text.
  var text: String {
    var bytes: [UInt8] = []
    for word in [high, low] {
      for shift in stride(from: 56 as UInt64, through: 0, by: -8) {
        let byte = UInt8(truncatingIfNeeded: word >> shift)
        if byte != 0 { bytes.append(byte) }
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
