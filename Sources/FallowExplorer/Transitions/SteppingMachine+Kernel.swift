// SPDX-License-Identifier: Apache-2.0

public import Fallow

extension SteppingMachine {
  // MARK: The kernel's own words

  /// A shared access.
  public func load(_ word: KernelWord) throws(Stop) -> UInt64 {
    try access(.loadWord, word) { $0 }
  }

  /// A shared access.
  public func compareExchange(
    _ word: KernelWord, expected: UInt64, desired: UInt64
  ) throws(Stop) -> UInt64 {
    try access(.compareExchangeWord, word) { $0 == expected ? desired : $0 }
  }

  /// A shared access.
  public func exchange(
    _ value: UInt64, at word: KernelWord
  ) throws(Stop) -> UInt64 {
    try access(.exchangeWord, word) { _ in value }
  }

  /// A shared access, which is a full fence: adds to a word.
  ///
  /// - Parameters:
  ///   - delta: What is added.
  ///   - word: The word.
  /// - Returns: What it holds after it.
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func add(
    _ delta: Int64, to word: KernelWord
  ) throws(Stop) -> UInt64 {
    let delta = UInt64(bitPattern: delta)
    return try access(.exchangeWord, word) { $0 &+ delta } &+ delta
  }

  /// A shared access: a plain store, which waits where stores wait.
  public func store(_ value: UInt64, to word: KernelWord) throws(Stop) {
    _ = try access(.storeWord, word) { _ in value }
  }

  /// Nothing: nobody decides anything by a statistic, so it is not kept.
  public func count(_ delta: Int64, at word: KernelWord) throws(Stop) {}

  /// Zero for `KernelWord.retries`; else it ends the search.
  ///
  /// Retries decide only how late the worker asks again, which is left out:
  /// see ``scheduleRetry(after:)``. Other statistics are not kept, so nothing
  /// can be decided by them: ``Oracle/outOfBounds``.
  public func counted(at word: KernelWord) throws(Stop) -> UInt64 {
    if word == .retries { return 0 }
    throw core.fail(.outOfBounds)
  }

  @inline(__always)
  private func access(
    _ kind: Access, _ word: KernelWord, _ change: (UInt64) -> UInt64
  ) throws(Stop) -> UInt64 {
    guard let cell = core.layout.word(word) else {
      throw core.fail(.outOfBounds)
    }
    let place = cell - core.layout.words
    if let old = try core.answer(kind, place) { return old }
    try core.beginNew(
      kind, place, 0, isShared: true, mover: core.mover(kind, at: word))
    core.noteUnguarded(kind, at: word)
    var old = core.cells[cell]
    if core.buffersStores, let own = core.forwarded(.word, place) { old = own }
    let new = change(old)
    let waits = kind == .storeWord && core.buffersStores && new != old
    if waits || core.buffersStores && core.isUnfenced(kind, place) {
      try core.put(BufferedStore(.word, place, value: new))
    } else if kind != .loadWord, kind != .storeWord || !core.buffersStores {
      core.cells[cell] = new
    }
    return try core.end(kind, place, 0, kind == .storeWord ? 0 : old)
  }

  // MARK: CPUs

  /// A private access, unless operations migrate: then the answer may be
  /// another later.
  public func currentCPU() throws(Stop) -> Int {
    if let cpu = try core.begin(
      .currentCPU, 0, isShared: core.layout.migrates)
    {
      return Int(cpu)
    }
    let cpu = core.currentCPU()
    return Int(try core.end(.currentCPU, 0, 0, UInt64(cpu)))
  }

  /// A shared access that blocks until every CPU has taken the interrupt by
  /// which it is asked: those whose interrupts are off do so later.
  public func flush(
    _ range: VirtualRange, of root: FrameNumber?, _ scope: FlushScope
  ) throws(Stop) {
    let detail = scope == .leaves ? 1 : 0
    if try core.begin(.flushCPUs, 0, detail) != nil { return }
    try core.interruptCPUs()
    core.flushCPUs(
      core.layout.pages(in: range), tables: scope == .tables)
    try core.end(.flushCPUs, 0, detail, 0)
  }

  /// A shared access where CPUs cache that an entry is not present; elsewhere
  /// nothing.
  public func publish(
    _ range: VirtualRange, of root: FrameNumber?
  ) throws(Stop) {
    guard core.rules.cpusCacheAbsence else { return }
    if try core.begin(.publish, 0) != nil { return }
    core.forgetAbsence(of: core.layout.pages(in: range))
    core.treeChanged = true
    try core.end(.publish, 0, 0, 0)
  }

  /// The same for pointers to tables and leaves of the kernel half.
  ///
  /// - Parameter range: The virtual addresses.
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func flushCPUs(_ range: VirtualRange) throws(Stop) {
    try flush(range, of: nil, .tables)
  }

  /// A shared access that blocks until every CPU has taken an interrupt, as
  /// `smp_call_function` with its wait does.
  ///
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func interruptCPUs() throws(Stop) {
    if try core.begin(.interruptCPUs, 0) != nil { return }
    try core.interruptCPUs()
    try core.end(.interruptCPUs, 0, 0, 0)
  }

  /// A shared access: the actor's CPU takes no interrupt until
  /// ``enableInterrupts()``.
  ///
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func disableInterrupts() throws(Stop) {
    if try core.begin(.disableInterrupts, 0) != nil { return }
    core.setInterrupts(areOff: true)
    try core.end(.disableInterrupts, 0, 0, 0)
  }

  /// A shared access: the actor's CPU takes interrupts again.
  ///
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func enableInterrupts() throws(Stop) {
    if try core.begin(.enableInterrupts, 0) != nil { return }
    core.setInterrupts(areOff: false)
    core.endStay()
    try core.end(.enableInterrupts, 0, 0, 0)
  }

  /// A shared access, as good later: a wait for readers waits for fewer,
  /// and a question for them may find some.
  public func enterReadSection() throws(Stop) {
    if try core.begin(
      .enterReadSection, 0, mover: core.unlessEndings(.right)) != nil
    {
      return
    }
    if core.buffersStores, core.isUnfenced(.enterReadSection, 0) {
      try core.put(BufferedStore(.enter, core.actor))
    } else {
      core.cells.setBits(1 << UInt64(core.actor), at: Layout.readers)
    }
    try core.end(.enterReadSection, 0, 0, 0)
  }

  /// A private access: a wait for the reader could only last longer if
  /// others came in between.
  public func leaveReadSection() throws(Stop) {
    if try core.begin(
      .leaveReadSection, 0, isShared: core.noticesReleases, mover: .left) != nil
    {
      return
    }
    if core.buffersStores {
      try core.put(BufferedStore(.leave, core.actor))
    } else {
      core.endReadSection(of: core.actor)
      core.endStay()
    }
    try core.end(.leaveReadSection, 0, 0, 0)
  }

  /// A shared access that blocks until the readers of its first turn left.
  ///
  /// The earlier it looks who they are, the fewer they can be; to go on once
  /// they have left is as good later.
  public func awaitReaders() throws(Stop) {
    let header = core.layout.headers + core.actor
    let isWaiting = core.cells[header] >> 40 & 1 != 0
    if try core.begin(
      .awaitReaders, 0, mover: core.unlessEndings(isWaiting ? .right : .left))
      != nil
    {
      return
    }
    try core.sleep()
    if !isWaiting {
      let readers = core.cells[Layout.readers]
      if readers != 0 {
        core.happened |= CoverageGoal.readersAwaited.bit
        core.cells.setBits(1 << 40 | readers << 24, at: header)
        throw core.stop(.step)
      }
    } else if core.cells[header] >> 24 & 0xff != 0 {
      throw core.stop(.blocked)
    }
    core.cells.clearBits(1 << 40, at: header)
    try core.end(.awaitReaders, 0, 0, 0)
  }

  // MARK: Scheduling

  /// A shared access that blocks while another holds the lock; as good later,
  /// since that others cannot take it is all that they notice.
  public func lock(_ lock: KernelLock) throws(Stop) {
    let number = try place(of: lock)
    if try core.begin(.lock, number, mover: .right) != nil { return }
    // A CPU that gave the lock back itself does not wait for that to be seen.
    if core.buffersStores, core.forwarded(.unlock, number) != nil {
      try core.drain()
    }
    if !lock.spins { try core.sleep() }
    let holder = Int(core.cells[Layout.locks, byte: number])
    if holder != 0 {
      if core.cpu(of: holder - 1) == core.cpu(of: core.actor),
        holder - 1 == core.actor || core.isInterrupt(core.actor)
      {
        throw core.fail(.selfDeadlock)
      }
      // One that was given back, which is not seen yet, will be free.
      if core.waiting(.unlock, number, on: core.cpu(of: holder - 1)) == nil {
        core.holders[core.actor] = UInt8(holder)
      }
      throw core.stop(.blocked)
    }
    core.cells[Layout.locks, byte: number] = UInt8(core.actor + 1)
    try core.end(.lock, number, 0, 0)
  }

  /// A private access: a wait for the lock could only last longer if
  /// others came in between.
  public func unlock(_ lock: KernelLock) throws(Stop) {
    let number = try place(of: lock)
    if try core.begin(
      .unlock, number, isShared: core.noticesReleases, mover: .left) != nil
    {
      return
    }
    guard core.holds(lock) else { throw core.fail(.lockDiscipline) }
    if core.buffersStores {
      try core.put(BufferedStore(.unlock, number))
    } else {
      core.cells[Layout.locks, byte: number] = 0
      core.endStay()
    }
    try core.end(.unlock, number, 0, 0)
  }

  private func place(of lock: KernelLock) throws(Stop) -> Int {
    guard Int(lock.rawValue) < Layout.lockCount else {
      throw core.fail(.outOfBounds)
    }
    return Int(lock.rawValue)
  }

  /// A shared access; it may say no although they have, as a platform that
  /// cannot know does.
  public func readersHaveLeft() throws(Stop) -> Bool {
    if let answer = try core.begin(.readersHaveLeft, 0) {
      return answer != 0
    }
    var haveLeft = core.cells[Layout.readers] == 0
    if haveLeft, core.pick(2) == 1 { haveLeft = false }
    return try core.end(.readersHaveLeft, 0, 0, haveLeft ? 1 : 0) != 0
  }

  /// Nothing.
  ///
  /// A retry is a run like any other, and each may fail and ask for one more,
  /// so a search that followed them would not end.
  public func scheduleRetry(after delay: UInt64) {}

  /// A shared access; the worker may start at any time after it.
  public func scheduleWorker(after delay: UInt64) throws(Stop) {
    if try core.begin(.scheduleWorker, 0) != nil { return }
    core.cells.setBits(1, at: Layout.flags)
    core.noteScheduled()
    if core.cells[core.layout.headers + core.layout.worker] != 0 {
      core.happened |= CoverageGoal.rescheduled.bit
    }
    try core.end(.scheduleWorker, 0, 0, 0)
  }
}

extension Core {
  /// The holder of the lock of a list that is read and changed under it need
  /// not look out for others.
  func mover(_ kind: Access, at word: KernelWord) -> Mover? {
    switch word {
    case .parked: holds(.reclamation) ? .both : nil
    // Whether anyone shares is read without the lock, but never written.
    case .sharedSpaces: kind == .loadWord && holds(.sharing) ? .both : nil
    default: nil
    }
  }

  /// Takes notice of who changes, or reads, such a list without its lock.
  mutating func noteUnguarded(_ kind: Access, at word: KernelWord) {
    if runsThrough { return }
    if word == .parked && !holds(.reclamation)
      || word == .sharedSpaces && kind != .loadWord && !holds(.sharing)
    {
      meet(.unguardedList)
    }
  }

  /// Whether an interrupt on the same CPU can notice that a lock, or a read
  /// section, is held on a little longer.
  var noticesReleases: Bool { layout.actors > layout.firstInterrupt }

  /// Waits until every other actor on one of the CPUs has its interrupts on, or
  /// had once.
  mutating func interruptCPUs(_ cpus: UInt8 = .max) throws(Stop) {
    let header = layout.headers + actor
    let isWaiting = cells[header] >> 41 & 1 != 0
    if !isWaiting {
      let off =
        cells[Layout.awaited] >> 16 & UInt64(cpus) & ~(1 << UInt64(actor))
      if off == 0 { return }
      cells.setBits(1 << 41 | off << 24, at: header)
      throw stop(.step)
    }
    if cells[header] >> 24 & 0xff != 0 { throw stop(.blocked) }
    cells.clearBits(1 << 41, at: header)
  }

  func setInterrupts(areOff: Bool) {
    let bit: UInt64 = 1 << UInt64(16 + actor)
    if areOff {
      cells.setBits(bit, at: Layout.awaited)
      return
    }
    cells.clearBits(bit, at: Layout.awaited)
    for other in 0..<layout.actors
    where cells[layout.headers + other] >> 41 & 1 != 0 {
      cells.clearBits(1 << UInt64(24 + actor), at: layout.headers + other)
    }
  }

  /// Whether an actor's interrupts are off.
  func areInterruptsOff(_ actor: Int) -> Bool {
    cells[Layout.awaited] >> UInt64(16 + actor) & 1 != 0
  }

  /// Where an actor runs: interrupts come to CPU 0, or to each CPU in turn, the
  /// worker and the actor that carries out callbacks to CPUs of their own,
  /// since they may be anywhere.
  func cpu(of actor: Int) -> Int { layout.cpu(ofActor: actor) }

  /// Whether an actor is an interrupt.
  func isInterrupt(_ actor: Int) -> Bool { actor >= layout.firstInterrupt }

  /// Whether actors wait in a circle for locks that they hold.
  var isLockedInCircle: Bool {
    for first in 0..<layout.actors {
      var next = first
      for _ in 0..<layout.actors {
        guard holders[next] != 0 else { break }
        next = Int(holders[next]) - 1
        if next == first { return true }
      }
    }
    return false
  }

  /// Nobody sleeps in a read section, under a spin lock or in an interrupt.
  mutating func sleep() throws(Stop) {
    let isReading =
      cells[Layout.readers] >> UInt64(actor) & 1 != 0
      && (!buffersStores || forwarded(.leave, actor) == nil)
    if (isReading || holdsSpinLock || isInterrupt(actor)
      || actor == layout.callback
      || areInterruptsOff(actor)) && !runsThrough
    {
      throw fail(.sleepInAtomic)
    }
  }
}
