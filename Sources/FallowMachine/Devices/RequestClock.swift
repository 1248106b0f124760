// SPDX-License-Identifier: Apache-2.0

/// When the next device request comes.
struct RequestClock {
  /// In nanoseconds; `UInt64.max` if none comes.
  private(set) var next = UInt64.max

  // Nil if none comes.
  private let interval: Double?
  private let isRegular: Bool
  private var fraction = 0.0
  private var random: RandomNumbers

  /// A clock that begins at time 0.
  init(_ configuration: Machine.Configuration) {
    let rate = configuration.requestsPerSecond
    interval = rate > 0 ? 1e9 / Double(rate) : nil
    isRegular = configuration.arrivals == .regular
    random = RandomNumbers(seed: configuration.seed, stream: 1)
    restart(at: 0)
  }

  /// Makes the first request come one interval after `time`, in nanoseconds.
  mutating func restart(at time: UInt64) {
    if interval == nil { return }
    next = time
    advance()
  }

  /// Goes on to the next request.
  @inline(__always)
  mutating func advance() {
    guard let interval else { return }
    fraction += isRegular ? interval : interval * random.nextExponential()
    let whole = UInt64(fraction)
    fraction -= Double(whole)
    next &+= whole
  }
}
