// SPDX-License-Identifier: Apache-2.0

/// Fallow's own scheme: `fallow`.
///
/// # The safety argument
///
/// **Order.** For each table: the entry that points to it is cleared; every
/// CPU has flushed; it is retired; a worker takes it into a batch; every
/// software reader has left its read section and every IOMMU that shares an
/// address space has invalidated and drained; it is released. Each step is
/// visible before the next begins:
///
/// - The clearing of the entry is a full fence (`Platform.compareExchange`,
///   `Platform.exchange`), so no later read of the set of sharers, by this CPU
///   or by the worker that takes the table from the list, comes before it.
/// - The CPUs may flush late, where every address stays as it was: the flush is
///   owed, by a full fence, after the entry is overwritten and before the push.
///   The worker looks whether one is owed after it took the batch, so what it
///   took has its flush ahead, or behind in an earlier run. A flush that is
///   owed while the CPUs flush stays owed.
/// - The push onto the list is a full fence and pairs with the exchange by
///   which the worker takes the list: a CPU that sees the table on the list
///   sees its entry cleared.
///
/// **Nobody shares.** Then, and if no reader is under way, a table is released
/// where it is retired. See ``Sharing`` for why the read is not too early.
///
/// **No table is forgotten.** The CPU whose push finds the list empty schedules
/// the worker *after* the push; the worker empties every list after it was
/// scheduled. A list that is not empty has been announced, or its first pusher
/// is about to. So a list that the worker finds empty needs no exchange: the
/// push that it does not see schedules another run.
///
/// **Every walker is asked.** The set of sharers is read after the batch was
/// taken. For what an invalidation proves see ``Batch``.
///
/// **A failed invalidation frees nothing.** Tables that a walker did not answer
/// for are parked, and asked for again in every later run; the next one is
/// scheduled when they are parked, each time in a row later than the time
/// before.
@frozen
public struct Reclaimer<Driver: IOMMUDriver>: ReclamationScheme {
  /// The machine it runs on.
  public typealias P = Driver.P

  /// The address spaces that walkers share, and their invalidation.
  public let sharing: Sharing<Driver>

  /// For how long batches gather before the worker starts, in nanoseconds.
  public let window: UInt64

  /// From how many quarantined tables on the next operation that takes frames
  /// for tables, or lets a device join or leave, drains them.
  ///
  /// So more are quarantined only by what one operation retires, and by those
  /// that must not sleep. Parked tables do not count: no drain would help.
  public let limit: UInt64

  /// Whether a live collapse leaves the CPUs' flush to the worker: one for a
  /// batch, not one for each.
  ///
  /// Until then a CPU may translate an address by the leaf and by the table
  /// that it replaced, which say the same; not every CPU allows that.
  public let flushesLate: Bool

  /// A reclaimer that asks the walkers of `sharing`.
  ///
  /// - Parameters:
  ///   - sharing: The address spaces that devices share.
  ///   - window: Nanoseconds that the worker waits for further tables; 0 for
  ///     none.
  ///   - limit: The number of quarantined tables from which ``makeRoom()``
  ///     reclaims.
  ///   - flushesLate: Whether CPUs flush in the worker where an operation may
  ///     leave that to it.
  @inlinable
  public init(
    sharing: Sharing<Driver>, window: UInt64 = 0, limit: UInt64 = .max,
    flushesLate: Bool = false
  ) {
    self.sharing = sharing
    self.window = window
    self.limit = limit
    self.flushesLate = flushesLate
  }

  /// The machine it runs on.
  @inlinable
  public var platform: P { sharing.platform }

  /// Releases a batch that no walker can reach, or puts it on this CPU's list:
  /// no lock that another CPU wants.
  ///
  /// The mail's name for it is `kernel_pgtable_async_free_page()`; Linux 7.2
  /// calls it `pagetable_free_kernel()`.
  @inlinable
  @inline(__always)
  public func enqueue(
    _ tables: consuming Batch<P, KernelHalf>
  ) throws(P.Interruption) {
    let (platform, head, tail) = tables.take()
    // Moving to another CPU after this line costs speed, never safety: every
    // list is pushed to and taken from atomically.
    let list = KernelWord.retired(by: try platform.currentCPU())
    while true {
      try platform.attempt()
      let first = try platform.load(list)
      // Where tables wait, a worker is on its way, and these may go with them.
      // Guard: join-only-what-waits
      if first == 0 { break }
      // Guard: push-links-first
      try platform.store(first, to: .link, of: tail)
      // Guard: join-looks-again
      if try platform.compareExchange(
        list, expected: first, desired: head.listHead) == first
      {
        if window > 0, try isFull() { try platform.scheduleWorker(after: 0) }
        return
      }
    }
    try enqueueFirst(Batch(platform, head: head, tail: tail))
  }

  /// Releases a batch that no walker can reach, or puts it onto this CPU's
  /// list, and wakes the worker if that was empty.
  @inlinable
  @inline(never)
  func enqueueFirst(
    _ tables: consuming Batch<P, KernelHalf>
  ) throws(P.Interruption) {
    let (platform, head, tail) = tables.take()
    if try !owesFlush() {
      // A turn that did not join may have left a link to what the worker took.
      // Guard: what-did-not-join-ends
      try platform.setLink(.none, of: tail)
      let left = try Batch<P, KernelHalf>(platform, head: head, tail: tail)
        .releasedIfUnshared(by: sharing).take().head
      if left == .none { return }
    }
    // Guard: schedule-after-push
    let list = KernelWord.retired(by: try platform.currentCPU())
    // Guard: schedule-after-push.schedule
    if try platform.push(head, tail, onto: list) {
      try platform.scheduleWorker(after: window)
    }
    if window > 0, try isFull() { try platform.scheduleWorker(after: 0) }
  }

  /// Takes all that is retired, invalidates once, releases each: "only does"
  /// the free, like the mail's `kernel_pgtable_work_func`.
  ///
  /// One run at a time. Sleeps.
  ///
  /// - Complexity: O(tables + CPUs + sharers)
  @inlinable
  public func reclaim() throws(P.Interruption) {
    let platform = platform
    try platform.lock(.reclamation)
    // Guard: take-before-asking
    let batch = try takeBatch()
    if batch.isEmpty {
      _ = batch.take()
    } else {
      try flushIfOwed()
      let isRetry = batch.hasParkedTables
      try batch.invalidated(by: sharing).release(asRetry: isRetry)
    }
    try platform.unlock(.reclamation)
  }

  /// Whether an operation left the CPUs' flush to the worker, which has not
  /// ended it.
  @inlinable
  @inline(__always)
  func owesFlush() throws(P.Interruption) -> Bool {
    if !flushesLate { return false }
    return try platform.load(.flushOwed) != 0
  }

  /// Makes the CPUs flush if an operation left it to the worker.
  ///
  /// The caller holds the reclamation lock, and took its batch before: a token,
  /// which the way out of a call that is not inlined would drop.
  @inlinable
  @inline(__always)
  func flushIfOwed() throws(P.Interruption) {
    let platform = platform
    if try !owesFlush() { return }
    _ = try platform.exchange(2, at: .flushOwed)
    try platform.flush(sharing.driver.kernelHalf, of: nil, .tables)
    _ = try platform.compareExchange(.flushOwed, expected: 2, desired: 0)
  }

  /// Drains if the limit is reached.
  @inlinable
  #if Small
    @inline(never)
  #endif
  public func makeRoom() throws(P.Interruption) {
    if try isFull() { try reclaim() }
  }

  /// A table that was never linked goes back at once.
  @inlinable
  public func abandon<Half>(
    _ table: consuming ConstructedTable<P, Half>
  ) throws(P.Interruption) {
    try table.release()
  }

  /// The IOMMUs that parked tables wait for.
  ///
  /// Sleeps.
  ///
  /// - Complexity: O(parked tables)
  @inlinable
  public func unanswered() throws(P.Interruption) -> IOMMUSet {
    let platform = platform
    try platform.lock(.reclamation)
    var iommus = IOMMUSet.none
    var frame = FrameNumber(listHead: try platform.load(.parked))
    while frame != .none {
      iommus.formUnion(try platform.waitingFor(of: frame))
      frame = try platform.link(of: frame)
    }
    try platform.unlock(.reclamation)
    return iommus
  }

  /// How many tables are retired and neither parked nor released.
  ///
  /// - Returns: The number. Others retire and release tables meanwhile.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Complexity: O(CPUs)
  @inlinable
  public func quarantined() throws(P.Interruption) -> UInt64 {
    try platform.quarantined()
  }

  /// Whether as many tables are quarantined as there may be.
  ///
  /// It decides how soon memory comes back, never whether it may.
  @inlinable
  public func isFull() throws(P.Interruption) -> Bool {
    if limit == .max { return false }
    return try platform.quarantined() >= limit
  }

  /// Everything that is retired or parked.
  ///
  /// The caller holds the reclamation lock.
  @inlinable
  @inline(__always)
  func takeBatch() throws(P.Interruption) -> Batch<P, KernelHalf> {
    let platform = platform
    var head = FrameNumber.none
    // Guard: every-list-is-emptied
    for cpu in 0..<platform.cpuCount {
      let first = try take(.retired(by: cpu))
      if head != .none && first != .none {
        try platform.setLink(head, of: try last(of: first))
      }
      if first != .none { head = first }
    }
    let retired = head
    let parked = try take(.parked)
    if parked != .none {
      try platform.setLink(retired, of: try last(of: parked))
      head = parked
    }
    var frame = head
    while frame != retired {
      try platform.move(frame, from: .parked, to: .quarantined)
      frame = try platform.link(of: frame)
    }
    return Batch(platform, head: head, tail: .none, retired: retired)
  }

  /// The first frame of a list, which is empty afterwards.
  @inlinable
  func take(_ list: KernelWord) throws(P.Interruption) -> FrameNumber {
    if try platform.load(list) == 0 { return .none }
    return FrameNumber(listHead: try platform.exchange(0, at: list))
  }

  /// The last frame of a list.
  @inlinable
  func last(of first: FrameNumber) throws(P.Interruption) -> FrameNumber {
    var last = first
    while true {
      let next = try platform.link(of: last)
      if next == .none { return last }
      last = next
    }
  }
}
