package import CMachine
package import Fallow
package import Synchronization

/// Makes the other CPUs flush, and waits until each has.
///
/// It goes by interrupt, and a read section runs with interrupts off: a CPU
/// that answers has left the read sections that it was in.
package struct CrossCall: ~Copyable {
  private let calling = SpinLock()
  private let start = Atomic<UInt64>(0)
  private let size = Atomic<UInt64>(0)
  /// One bit for each CPU that has not answered.
  private let unanswered = Atomic<UInt64>(0)
  /// One bit for each CPU that runs.
  @usableFromInline let online = Atomic<UInt64>(1)

  /// Lets a CPU be called: it has flushed, and takes interrupts.
  func join(_ cpu: Int) {
    online.bitwiseOr(1 &<< UInt64(cpu), ordering: .sequentiallyConsistent)
  }

  /// Whether the CPU may be called.
  func isOnline(_ cpu: Int) -> Bool {
    online.load(ordering: .acquiring) &>> UInt64(cpu) & 1 != 0
  }

  /// Whether no other CPU than the caller's runs.
  @inlinable
  package var isAlone: Bool {
    online.load(ordering: .sequentiallyConsistent)
      == 1 &<< machine_current_cpu()
  }

  /// Flushes `range` on the other CPUs; an empty one is a barrier only.
  ///
  /// The caller has interrupts on, so that two may call each other.
  @inlinable
  package func flush(_ range: VirtualRange) {
    if !isAlone { callOthers(range) }
  }

  @usableFromInline
  func callOthers(_ range: VirtualRange) {
    calling.lock(pause: machine_pause)
    start.store(range.start.rawValue, ordering: .relaxed)
    size.store(range.size, ordering: .relaxed)
    let others =
      online.load(ordering: .relaxed) & ~(1 &<< machine_current_cpu())
    // Pairs with the acquiring load by which the called sees the range.
    unanswered.store(others, ordering: .sequentiallyConsistent)
    machine_call_other_cpus()
    while unanswered.load(ordering: .acquiring) != 0 { machine_pause() }
    calling.unlock()
  }

  /// What a called CPU does.
  func answer() {
    if unanswered.load(ordering: .acquiring) == 0 { return }
    CPU.flush(
      VirtualRange(
        start: VirtualAddress(start.load(ordering: .relaxed)),
        size: size.load(ordering: .relaxed)))
    unanswered.bitwiseAnd(
      ~(1 &<< machine_current_cpu()), ordering: .releasing)
  }
}
