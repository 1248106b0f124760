// SPDX-License-Identifier: Apache-2.0

extension Machine {
  /// Makes it `time`, in nanoseconds, without anything happening meanwhile:
  /// where the story begins once the machine is set up.
  ///
  /// - Parameter time: The time in nanoseconds.
  /// - Precondition: `time` is not past.
  public func start(at time: UInt64) {
    precondition(time >= now, "time does not go back")
    now = time
    requests.restart(at: time)
  }

  /// Makes `body` run at `time`, in nanoseconds, or as soon as it can if that
  /// is past.
  ///
  /// Bodies of the same time run in the order they were scheduled. The
  /// machine's ``actor`` is after the body as it was before.
  ///
  /// - Parameters:
  ///   - time: The time in nanoseconds.
  ///   - body: What happens then.
  public func schedule(at time: UInt64, _ body: @escaping () -> Void) {
    eventQueue.insert(.body(body), at: max(time, now))
  }

  /// Lets everything happen that is due up to and including `time`, in
  /// nanoseconds, devices and IOMMUs included.
  ///
  /// - Parameter time: The time in nanoseconds.
  public func run(until time: UInt64) {
    while let next = eventQueue.nextTime, next <= time {
      runNextEvent()
    }
    if time >= now {
      serveRequests(before: time + 1)
      now = time
    }
  }

  /// Lets the next event happen if it is due up to and including `time`, in
  /// nanoseconds; else makes it `time` and returns false.
  func runNextEvent(until time: UInt64) -> Bool {
    if let next = eventQueue.nextTime, next <= time {
      runNextEvent()
      return true
    }
    if time > now {
      serveRequests(before: time)
      now = time
    }
    return false
  }

  /// Lets the next event happen, and the requests that come before it.
  func runNextEvent() {
    guard let time = eventQueue.nextTime else { return }
    serveRequests(before: time)
    // A body that waits runs others nested, and may end later than its
    // neighbours in the queue were due.
    now = max(now, time)
    switch eventQueue.removeFirst() {
    case .completion(let iommu, let session):
      completeCommand(of: iommu, session: session)
    case .settlement(let iommu, let register): settle(register, iommu)
    case .body(let body): runAside(body)
    }
  }

  /// Runs something that another CPU does meanwhile.
  func runAside(_ body: () -> Void) {
    let interrupted = actor
    body()
    actor = interrupted
  }
}
