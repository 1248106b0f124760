// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// The library's scheme with one thing done wrong.
struct FaultyReclaimer: ReclamationScheme {
  typealias P = SteppingMachine

  /// What is done wrong.
  enum Fault: UInt8, Sendable {
    /// The walkers forget before the batch is taken.
    case invalidatesBeforeTaking
    /// The walkers are not asked.
    case neverInvalidates
    /// The worker is scheduled before the table is on the list.
    case schedulesFirst
    /// The worker is not scheduled.
    case neverSchedules
    /// The next table is read from a descriptor that is someone else's.
    case readsLinkAfterFree
    /// The worker hands each table to the queue again.
    case requeues
    /// The batch is freed twice.
    case freesTwice
    /// The tables that a walker did not answer for are released.
    case releasesParked
    /// The tables that a walker did not answer for are forgotten.
    case losesParked
    /// The list is read and emptied in two steps.
    case takesInTwoSteps
    /// The push does not notice that the list changed.
    case pushesBlindly
    /// The worker does not wait for readers.
    case ignoresReaders
    /// The worker waits for readers under the spin lock.
    case waitsUnderSpinLock
    /// The producer waits for the readers itself.
    case producerSleeps
    /// The producer asks the walkers itself, under a lock that sleeps.
    case producerInvalidates
    /// The first table of the batch is released before the invalidation.
    case releasesFirstEarly
    /// The last table of the batch is not released.
    case losesLast
    /// The worker frees each table on its own, and only asks once it did.
    case freesThenInvalidates
    /// A second list of a CPU is not looked at.
    case skipsLastCPU
    /// A spin lock is taken around the push, and an interrupt pushes too.
    case spinsInInterrupt
    /// The worker asks the walkers again for nothing.
    case invalidatesTwice
    /// Work is done under the sharing lock, which is taken twice.
    case nestsSharing
    /// The lock is not given back.
    case keepsLock
    /// The table is linked through its own first entry.
    case linksThroughPage
    /// The worker waits for the readers before it takes the list.
    case waitsForReadersFirst
    /// The worker wants a frame for itself, and gives up if there is none.
    case needsMemory
    /// A fence is sent before the list is taken, and waited for after it.
    case fencesBeforeTaking
    /// The flush that operations left to the worker is forgotten.
    case forgetsFlush
    /// It is made before the batch is taken.
    case flushesBeforeTaking
  }

  let sharing: Sharing<SteppingDriver>
  let fault: Fault

  var platform: SteppingMachine { sharing.platform }

  var flushesLate: Bool {
    fault == .forgetsFlush || fault == .flushesBeforeTaking
  }

  private var right: Reclaimer<SteppingDriver> { Reclaimer(sharing: sharing) }

  func abandon<Half: AddressHalf>(
    _ table: consuming ConstructedTable<P, Half>
  ) throws(Stop) {
    try table.release()
  }

  func enqueue(_ tables: consuming Batch<P, KernelHalf>) throws(Stop) {
    switch fault {
    case .schedulesFirst:
      try platform.scheduleWorker(after: 0)
      try push(tables, schedules: false)
    case .neverSchedules: try push(tables, schedules: false)
    case .pushesBlindly: try pushBlindly(tables)
    case .producerSleeps:
      try platform.enterReadSection()
      try platform.awaitReaders()
      try platform.leaveReadSection()
      try right.enqueue(tables)
    case .producerInvalidates:
      try platform.lock(.foreignList)
      _ = try sharing.invalidateKernelHalf()
      try platform.unlock(.foreignList)
      try right.enqueue(tables)
    case .spinsInInterrupt:
      try platform.lock(.foreignList)
      try push(tables, schedules: true)
      try platform.unlock(.foreignList)
    case .linksThroughPage:
      let (head, tail) = unsafe UnsafeDoor.take(tables)
      try platform.store(0, to: head.address)
      try platform.store(head.rawValue << 12, to: head.address)
      try push(head, tail, schedules: true)
    default: try right.enqueue(tables)
    }
  }

  private func push(
    _ tables: consuming Batch<P, KernelHalf>, schedules: Bool
  ) throws(Stop) {
    let (head, tail) = unsafe UnsafeDoor.take(tables)
    try push(head, tail, schedules: schedules)
  }

  private func push(
    _ head: FrameNumber, _ tail: FrameNumber, schedules: Bool
  ) throws(Stop) {
    let list = KernelWord.retired(by: try platform.currentCPU())
    while true {
      try platform.attempt()
      let first = try platform.load(list)
      try platform.store(first, to: .link, of: tail)
      if try platform.compareExchange(
        list, expected: first, desired: head.rawValue &+ 1) == first
      {
        if schedules { try platform.scheduleWorker(after: 0) }
        return
      }
    }
  }

  private func pushBlindly(_ tables: consuming Batch<P, KernelHalf>)
    throws(Stop)
  {
    let (head, tail) = unsafe UnsafeDoor.take(tables)
    let list = KernelWord.retired(by: 0)
    let first = try platform.load(list)
    try platform.store(first, to: .link, of: tail)
    _ = try platform.exchange(head.rawValue &+ 1, at: list)
    try platform.scheduleWorker(after: 0)
  }

  func reclaim() throws(Stop) {
    let platform = platform
    switch fault {
    case .flushesBeforeTaking:
      if try platform.exchange(0, at: .flushOwed) != 0 {
        try platform.flush(sharing.driver.kernelHalf, of: nil, .tables)
      }
      try finish(try take())
    case .invalidatesBeforeTaking:
      try platform.awaitReaders()
      _ = try sharing.invalidateKernelHalf()
      try release(from: try take())
    case .fencesBeforeTaking:
      let ticket = try sharing.driver.fence(0)
      let head = try take()
      _ = try sharing.driver.wait(for: ticket, on: 0)
      try release(from: head)
    case .waitsForReadersFirst:
      try platform.awaitReaders()
      let head = try take()
      _ = try sharing.invalidateKernelHalf()
      try release(from: head)
    case .needsMemory:
      let own = try platform.allocate(order: 0)
      if own == .none { return }
      try right.reclaim()
      try platform.free(own, order: 0)
    case .neverInvalidates:
      let head = try take()
      try platform.awaitReaders()
      try release(from: head)
    case .ignoresReaders:
      let head = try take()
      _ = try sharing.invalidateKernelHalf()
      try release(from: head)
    case .waitsUnderSpinLock:
      try platform.lock(.foreignList)
      let head = try take()
      try platform.awaitReaders()
      _ = try sharing.invalidateKernelHalf()
      try platform.unlock(.foreignList)
      try release(from: head)
    case .nestsSharing:
      let head = try take()
      try platform.lock(.sharing)
      _ = try sharing.invalidateKernelHalf()
      try platform.unlock(.sharing)
      try release(from: head)
    case .keepsLock:
      try platform.lock(.reclamation)
      let head = try take()
      try platform.awaitReaders()
      _ = try sharing.invalidateKernelHalf()
      try release(from: head)
    case .takesInTwoSteps:
      let head = FrameNumber(
        try platform.load(.retired(by: 0)) &- 1)
      _ = try platform.exchange(0, at: .retired(by: 0))
      try platform.awaitReaders()
      _ = try sharing.invalidateKernelHalf()
      try release(from: head)
    case .skipsLastCPU:
      // The worker's own CPU comes after it.
      let last = platform.cpuCount - 2
      let head = last == 0 ? FrameNumber.none : try take(cpus: last)
      try platform.awaitReaders()
      _ = try sharing.invalidateKernelHalf()
      try release(from: head)
    case .freesThenInvalidates:
      let head = try take()
      try platform.awaitReaders()
      try release(from: head)
      _ = try sharing.invalidateKernelHalf()
    default:
      let head = try take()
      if fault == .releasesFirstEarly, head != .none {
        let next = try platform.load(.link, of: head)
        try platform.store(0, to: .link, of: head)
        try platform.awaitReaders()
        try release(from: head)
        return try finish(FrameNumber(next &- 1))
      }
      try finish(head)
    }
  }

  private func finish(_ head: FrameNumber) throws(Stop) {
    if head == .none { return }
    try platform.awaitReaders()
    let answered = try sharing.invalidateKernelHalf()
    switch fault {
    case .requeues:
      try push(head, head, schedules: true)
    case .losesLast:
      let next = try platform.load(.link, of: head)
      try platform.store(0, to: .link, of: head)
      try release(from: FrameNumber(next &- 1))
    case .losesParked where !answered: return
    case .freesTwice:
      try platform.free(head, order: 0)
      try platform.free(head, order: 0)
    case .readsLinkAfterFree:
      var frame = head
      while frame != .none {
        try platform.free(frame, order: 0)
        frame = FrameNumber(try platform.load(.link, of: frame) &- 1)
      }
    case .invalidatesTwice:
      try release(from: head)
      _ = try sharing.invalidateKernelHalf()
    default: try release(from: head)
    }
  }

  private func take(cpus: Int? = nil) throws(Stop) -> FrameNumber {
    let platform = platform
    var head = FrameNumber.none
    for cpu in 0..<(cpus ?? platform.cpuCount) {
      let first = FrameNumber(
        try platform.exchange(0, at: .retired(by: cpu)) &- 1)
      var last = first
      while last != .none {
        let next = FrameNumber(try platform.load(.link, of: last) &- 1)
        if next == .none { break }
        last = next
      }
      if first == .none { continue }
      try platform.store(head.rawValue &+ 1, to: .link, of: last)
      head = first
    }
    return head
  }

  private func release(from head: FrameNumber) throws(Stop) {
    try unsafe UnsafeDoor.releasable(from: head, on: platform).release()
  }
}
