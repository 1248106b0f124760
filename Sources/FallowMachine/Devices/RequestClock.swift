/// When the next device request comes.
struct RequestClock {
  /// In nanoseconds; `UInt64.max` if none comes.
  private(set) var next = UInt64.max

  private let interval: Double
  private let isRegular: Bool
  private var fraction = 0.0
  private var random: RandomNumbers

  /// A clock that begins at time 0.
  init(_ configuration: Machine.Configuration) {
    interval = 1e9 / Double(max(configuration.requestsPerSecond, 1))
    isRegular = configuration.arrivals == .regular
    random = RandomNumbers(seed: configuration.seed, stream: 1)
    if configuration.requestsPerSecond > 0 { restart(at: 0) }
  }

  /// Makes the first request come one interval after `time`, in nanoseconds.
  mutating func restart(at time: UInt64) {
    guard interval.isFinite else { return }
    next = time
    advance()
  }

  /// Goes on to the next request.
  @inline(__always)
  mutating func advance() {
    fraction += isRegular ? interval : interval * random.nextExponential()
    let whole = UInt64(fraction)
    fraction -= Double(whole)
    next &+= whole
  }
}
