// SPDX-License-Identifier: Apache-2.0

public import Synchronization

/// What the CPUs are called to flush, and which have not answered.
///
/// A part of ``KernelMemory``; ``CrossCalledFlush`` uses it.
@frozen
@usableFromInline
struct CrossCall: ~Copyable {
  /// Held by the CPU that calls the others.
  @usableFromInline let calling: SpinLock
  @usableFromInline let start: Atomic<UInt64>
  @usableFromInline let size: Atomic<UInt64>
  @usableFromInline let root: Atomic<UInt64>
  @usableFromInline let hasTables: Atomic<Bool>
  /// One bit for each CPU that has not answered.
  @usableFromInline let unanswered: Atomic<UInt64>
  /// One bit for each CPU that answers calls.
  @usableFromInline let online: Atomic<UInt64>

  @inlinable
  init() {
    calling = SpinLock()
    start = Atomic(0)
    size = Atomic(0)
    root = Atomic(0)
    hasTables = Atomic(false)
    unanswered = Atomic(0)
    online = Atomic(0)
  }
}

/// A flush of every CPU by an interrupt that the others answer.
///
/// **What it promises.** ``Processors/flush(_:of:_:)`` returns when each CPU that
/// joined has flushed. A CPU that waits for another answers calls meanwhile, with
/// its interrupts on or off, so two CPUs may flush at once.
///
/// The kernel sends the interrupt, and its handler calls ``answerCrossCall()``.
/// A CPU calls ``joinCrossCalls()`` before it walks tables that others change.
/// There are at most 64 CPUs.
public protocol CrossCalledFlush: ManagedMemory {
  /// Flushes a range on the CPU that runs the caller; everything if the range's
  /// size is `UInt64.max`.
  ///
  /// - Parameters:
  ///   - range: The virtual addresses.
  ///   - root: The root of the address space; nil for the kernel half.
  ///   - scope: Whether pointers to tables are flushed too.
  func flushThisCPU(
    _ range: VirtualRange, of root: FrameNumber?, _ scope: FlushScope)

  /// Sends the interrupt; what was written before is visible to its handlers.
  ///
  /// - Parameter cpus: One bit for each CPU; the caller's is clear.
  func interrupt(_ cpus: UInt64)
}

extension CrossCalledFlush {
  /// Lets the CPU that runs the caller be called: it flushes everything first.
  public func joinCrossCalls() {
    unsafe memory.state.pointee.crossCall.online.bitwiseOr(
      1 &<< UInt64(currentCPU()), ordering: .sequentiallyConsistent)
    flushThisCPU(
      VirtualRange(start: VirtualAddress(0), size: .max), of: nil, .tables)
  }

  /// Flushes on this CPU, and on each other that joined.
  ///
  /// - Complexity: O(CPUs), and the time until the last has answered.
  public func flush(
    _ range: VirtualRange, of root: FrameNumber?, _ scope: FlushScope
  ) {
    flushThisCPU(range, of: root, scope)
    let own = 1 &<< UInt64(currentCPU()) as UInt64
    let online = unsafe memory.state.pointee.crossCall.online.load(
      ordering: .sequentiallyConsistent)
    if online & ~own != 0 { call(online & ~own, range, root, scope) }
  }

  /// The body of the interrupt's handler; nothing if nobody called.
  public func answerCrossCall() {
    let own = 1 &<< UInt64(currentCPU()) as UInt64
    let waiting = unsafe memory.state.pointee.crossCall.unanswered.load(
      ordering: .acquiring)
    if waiting & own == 0 { return }
    let root = FrameNumber(
      unsafe memory.state.pointee.crossCall.root.load(ordering: .relaxed))
    flushThisCPU(
      VirtualRange(
        start: VirtualAddress(
          unsafe memory.state.pointee.crossCall.start.load(ordering: .relaxed)),
        size: unsafe memory.state.pointee.crossCall.size.load(
          ordering: .relaxed)),
      of: root == .none ? nil : root,
      unsafe memory.state.pointee.crossCall.hasTables.load(ordering: .relaxed)
        ? .tables : .leaves)
    unsafe memory.state.pointee.crossCall.unanswered.bitwiseAnd(
      ~own, ordering: .releasing)
  }

  func call(
    _ others: UInt64, _ range: VirtualRange, _ root: FrameNumber?,
    _ scope: FlushScope
  ) {
    while unsafe !memory.state.pointee.crossCall.calling.tryLock() {
      pause()
      answerCrossCall()
    }
    unsafe memory.state.pointee.crossCall.start.store(
      range.start.rawValue, ordering: .relaxed)
    unsafe memory.state.pointee.crossCall.size.store(
      range.size, ordering: .relaxed)
    unsafe memory.state.pointee.crossCall.root.store(
      (root ?? .none).rawValue, ordering: .relaxed)
    unsafe memory.state.pointee.crossCall.hasTables.store(
      scope == .tables, ordering: .relaxed)
    // Pairs with the acquiring load by which a called CPU sees the range.
    unsafe memory.state.pointee.crossCall.unanswered.store(
      others, ordering: .sequentiallyConsistent)
    interrupt(others)
    while unsafe memory.state.pointee.crossCall.unanswered.load(
      ordering: .acquiring) != 0
    { pause() }
    unsafe memory.state.pointee.crossCall.calling.unlock()
  }
}
