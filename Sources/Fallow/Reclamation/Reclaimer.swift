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
/// - The push onto the list is a full fence and pairs with the exchange by
///   which the worker takes the list: whoever sees the table on the list sees
///   its entry cleared.
///
/// **No table is forgotten.** Who pushes onto an empty list schedules the
/// worker *after* the push; the worker empties every list after it was
/// scheduled. A list that is not empty has been announced, or its first pusher
/// is about to.
///
/// **Every walker is asked.** The set of sharers is read after the batch was
/// taken, and stays as it is until the invalidation completed.
@frozen
public struct Reclaimer<Driver: IOMMUDriver>: ReclamationScheme {
  /// The machine it runs on.
  public typealias P = Driver.P

  /// Who shares which address space, and how they are told to forget.
  public let sharing: Sharing<Driver>

  /// A reclaimer that asks the walkers of `sharing`.
  @inlinable
  public init(sharing: Sharing<Driver>) {
    self.sharing = sharing
  }

  /// The machine it runs on.
  @inlinable
  public var platform: P { sharing.platform }

  /// Puts a batch on this CPU's list: no lock that another CPU wants.
  ///
  /// The mail's name for it is `kernel_pgtable_async_free_page()`; Linux 7.2
  /// calls it `pagetable_free_kernel()`.
  @inlinable
  public func enqueue(_ tables: consuming Batch<P>) throws(P.Interruption) {
    let (platform, head, tail) = tables.take()
    // Moving to another CPU after this line costs speed, never safety: every
    // list is pushed to and taken from atomically.
    let list = KernelWord.retired(by: try platform.currentCPU())
    while true {
      try platform.attempt()
      let first = try platform.load(list)
      try platform.setLink(FrameNumber(listHead: first), of: tail)
      let found = try platform.compareExchange(
        list, expected: first, desired: head.listHead)
      if found == first {
        if first == 0 { try platform.scheduleWorker() }
        return
      }
    }
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
    let batch = try takeBatch()
    if !batch.isEmpty {
      switch try batch.invalidated(by: sharing) {
      case .releasable(let releasable): try releasable.release()
      case .parked(let parked): try parked.park()
      }
    }
    try platform.unlock(.reclamation)
  }

  /// A table that was never linked goes back at once.
  @inlinable
  public func abandon<Half>(
    _ table: consuming ConstructedTable<P, Half>
  ) throws(P.Interruption) {
    try table.release()
  }

  /// Everything that is retired or parked.
  ///
  /// The caller holds the reclamation lock.
  @inlinable
  func takeBatch() throws(P.Interruption) -> Batch<P> {
    let platform = platform
    var tail = FrameNumber.none
    var head = FrameNumber(listHead: try platform.exchange(0, at: .parked))
    var frame = head
    while frame != .none {
      try platform.move(frame, from: .parked, to: .quarantined)
      tail = frame
      frame = try platform.link(of: frame)
    }
    for cpu in 0..<platform.cpuCount {
      frame = FrameNumber(
        listHead: try platform.exchange(0, at: .retired(by: cpu)))
      if frame == .none { continue }
      if tail == .none {
        head = frame
      } else {
        try platform.setLink(frame, of: tail)
      }
      while frame != .none {
        tail = frame
        frame = try platform.link(of: frame)
      }
    }
    return Batch(platform, head: head, tail: tail)
  }
}
