import Synchronization

/// A number that threads may raise.
final class Counter: Sendable {
  private let atomic = Atomic<Int>(0)

  var value: Int { atomic.load(ordering: .sequentiallyConsistent) }

  func increment() { atomic.add(1, ordering: .sequentiallyConsistent) }
}
