// SPDX-License-Identifier: Apache-2.0

/// When each event of a recording happens in its replay.
///
/// The machine's time never steps back, and the recording's may: after such a
/// step the replay goes on from where it was. A pause of more than
/// ``longestPause`` is shortened to that, because the machine simulates every
/// device request in it and none of them finds anything new.
struct ReplayClock {
  /// The longest time between two events of a replay, in nanoseconds.
  static var longestPause: UInt64 { 10_000_000_000 }

  /// The times of the first and the last event, in nanoseconds; zeros if there
  /// are none.
  let first, last: UInt64
  /// How much of the recording's time was left out, in nanoseconds.
  let omitted: UInt64
  /// Where the difference between the two times changes.
  private let changes: [Change]

  private struct Change {
    /// With which event.
    var index: Int
    /// From which time of the replay on.
    var from: UInt64
    /// What is to be added to get the recording's.
    var difference: UInt64
  }

  /// Makes the times of `events`.
  ///
  /// - Complexity: O(events) in time; memory for each step back and each long
  ///   pause.
  init(of events: some Sequence<TraceEvent>) {
    var changes: [Change] = []
    var omitted: UInt64 = 0
    var start: UInt64?
    var recorded: UInt64 = 0
    var now: UInt64 = 0
    var difference: UInt64 = 0
    for (index, event) in events.enumerated() {
      if start == nil {
        start = event.time
        recorded = event.time
        now = event.time
      }
      let pause = event.time > recorded ? event.time - recorded : 0
      recorded = event.time
      now &+= min(pause, Self.longestPause)
      omitted &+= pause - min(pause, Self.longestPause)
      if recorded &- now != difference {
        difference = recorded &- now
        changes.append(
          Change(index: index, from: now, difference: difference))
      }
    }
    first = start ?? 0
    last = now
    self.changes = changes
    self.omitted = omitted
  }

  /// The time in the replay of the event at `index`, which the recording has at
  /// `recorded`.
  ///
  /// - Complexity: O(log changes)
  func time(_ recorded: UInt64, at index: Int) -> UInt64 {
    var low = 0
    var high = changes.count
    while low < high {
      let middle = (low + high) / 2
      if changes[middle].index <= index {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return recorded &- (low == 0 ? 0 : changes[low - 1].difference)
  }

  /// The time of the recording's clock at `time` of the replay.
  ///
  /// - Complexity: O(changes)
  func recorded(_ time: UInt64) -> UInt64 {
    time &+ (changes.last { $0.from <= time }?.difference ?? 0)
  }
}
