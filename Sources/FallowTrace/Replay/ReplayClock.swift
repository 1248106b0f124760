/// When each event of a recording happens in its replay.
///
/// The machine's time never steps back, and the recording's may: after such a
/// step the replay goes on from where it was. A pause of more than
/// ``longestPause`` is shortened to that, because the machine simulates every
/// device request in it and none of them finds anything new.
struct ReplayClock {
  /// The longest time between two events of a replay, in nanoseconds.
  static var longestPause: UInt64 { 10_000_000_000 }

  /// The time of each event in the replay, in nanoseconds.
  let times: [UInt64]
  /// How much of the recording's time was left out, in nanoseconds.
  let omitted: UInt64
  /// Where the difference between the two times changes: from which time of the
  /// replay on, and what is to be added to get the recording's.
  private let changes: [(from: UInt64, difference: UInt64)]

  /// Makes the times of `events`.
  ///
  /// - Complexity: O(events)
  init(of events: [TraceEvent]) {
    var times: [UInt64] = []
    times.reserveCapacity(events.count)
    var changes: [(from: UInt64, difference: UInt64)] = []
    var omitted: UInt64 = 0
    var recorded = events.first?.time ?? 0
    var now = recorded
    var difference: UInt64 = 0
    for event in events {
      let pause = event.time > recorded ? event.time - recorded : 0
      recorded = event.time
      now &+= min(pause, Self.longestPause)
      omitted &+= pause - min(pause, Self.longestPause)
      if recorded &- now != difference {
        difference = recorded &- now
        changes.append((now, difference))
      }
      times.append(now)
    }
    self.times = times
    self.changes = changes
    self.omitted = omitted
  }

  /// The time of the recording's clock at `time` of the replay.
  ///
  /// - Complexity: O(changes)
  func recorded(_ time: UInt64) -> UInt64 {
    time &+ (changes.last { $0.from <= time }?.difference ?? 0)
  }
}
