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

  /// Nothing: nobody decides anything by a statistic, so it is not kept.
  public func count(_ delta: Int64, at word: KernelWord) throws(Stop) {}

  /// Zero, as nothing is counted.
  ///
  /// Only how late a retry is hangs on it, and retries are left out: see
  /// ``scheduleWorker(after:)``.
  public func counted(at word: KernelWord) throws(Stop) -> UInt64 { 0 }

  @inline(__always)
  private func access(
    _ kind: Access, _ word: KernelWord, _ change: (UInt64) -> UInt64
  ) throws(Stop) -> UInt64 {
    let cell = core.layout.word(word)
    let place = cell - core.layout.words
    if let old = try core.begin(
      kind, place, isShared: true, mover: core.mover(kind, at: word))
    {
      return old
    }
    core.noteUnguarded(kind, at: word)
    var old = core.cells[cell]
    if core.buffersStores, let own = core.forwarded(.word, place) { old = own }
    let new = change(old)
    if core.buffersStores, core.isUnfenced(kind, place) {
      try core.put(BufferedStore(.word, place, value: new))
    } else {
      core.cells[cell] = new
    }
    return try core.end(kind, place, 0, old)
  }

  // MARK: CPUs

  /// A private access.
  public func currentCPU() throws(Stop) -> Int {
    if let cpu = try core.begin(.currentCPU, 0, isShared: false) {
      return Int(cpu)
    }
    let cpu = core.cpu(of: core.actor)
    return Int(try core.end(.currentCPU, 0, 0, UInt64(cpu)))
  }

  /// A shared access: see ``flushCPUs(_:)``.
  public func flush(
    _ range: VirtualRange, of root: FrameNumber?, _ scope: FlushScope
  ) throws(Stop) {
    try flushCPUs(range)
  }

  /// Nothing: the machine's CPUs cache no entry that is not present.
  public func publish(_ range: VirtualRange, of root: FrameNumber?) {}

  /// A shared access.
  public func flushCPUs(_ range: VirtualRange) throws(Stop) {
    if try core.begin(.flushCPUs, 0, isShared: true) != nil { return }
    core.flushCPUs()
    try core.end(.flushCPUs, 0, 0, 0)
  }

  /// A shared access, as good later: whoever waits for readers waits for fewer,
  /// and whoever asks for them may be told that there are some.
  public func enterReadSection() throws(Stop) {
    if try core.begin(
      .enterReadSection, 0, isShared: true, mover: .right) != nil
    {
      return
    }
    if core.buffersStores, core.isUnfenced(.enterReadSection, 0) {
      try core.put(BufferedStore(.enter, core.actor))
    } else {
      core.cells[Layout.readers] |= 1 << UInt64(core.actor)
    }
    try core.end(.enterReadSection, 0, 0, 0)
  }

  /// A private access: whoever waits for the reader could only wait longer if
  /// others came in between.
  public func leaveReadSection() throws(Stop) {
    if try core.begin(
      .leaveReadSection, 0, isShared: false, mover: .left) != nil
    {
      return
    }
    if core.buffersStores {
      try core.put(BufferedStore(.leave, core.actor))
    } else {
      core.endReadSection(of: core.actor)
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
      .awaitReaders, 0, isShared: true, mover: isWaiting ? .right : .left)
      != nil
    {
      return
    }
    try core.sleep()
    if !isWaiting {
      let readers = core.cells[Layout.readers]
      if readers != 0 {
        core.happened |= Happening.readersAwaited.bit
        core.cells[header] |= 1 << 40 | readers << 24
        throw core.stop(.step)
      }
    } else if core.cells[header] >> 24 & 0xff != 0 {
      throw core.stop(.blocked)
    }
    core.cells[header] &= ~(1 << 40)
    try core.end(.awaitReaders, 0, 0, 0)
  }

  // MARK: Scheduling

  /// A shared access that blocks while another holds the lock; as good later,
  /// since that others cannot take it is all that they notice.
  public func lock(_ lock: KernelLock) throws(Stop) {
    let number = Layout.place(of: lock)
    if try core.begin(.lock, number, isShared: true, mover: .right) != nil {
      return
    }
    // A CPU that gave the lock back itself does not wait for that to be seen.
    if core.buffersStores, core.forwarded(.unlock, number) != nil {
      try core.drain()
    }
    if lock != .foreignList { try core.sleep() }
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

  /// A private access: whoever waits for the lock could only wait longer if
  /// others came in between.
  public func unlock(_ lock: KernelLock) throws(Stop) {
    let number = Layout.place(of: lock)
    if try core.begin(.unlock, number, isShared: false, mover: .left) != nil {
      return
    }
    guard core.holds(lock) else { throw core.fail(.lockDiscipline) }
    if core.buffersStores {
      try core.put(BufferedStore(.unlock, number))
    } else {
      core.cells[Layout.locks, byte: number] = 0
    }
    try core.end(.unlock, number, 0, 0)
  }

  /// A shared access; it may say no although they have, as a platform that
  /// cannot tell does.
  public func readersHaveLeft() throws(Stop) -> Bool {
    if let answer = try core.begin(.readersHaveLeft, 0, isShared: true) {
      return answer != 0
    }
    var haveLeft = core.cells[Layout.readers] == 0
    if haveLeft, core.pick(2) == 1 { haveLeft = false }
    return try core.end(.readersHaveLeft, 0, 0, haveLeft ? 1 : 0) != 0
  }

  /// A shared access; the worker may start at any time after it.
  ///
  /// Nothing if it is for later: a retry is a run like any other, and each may
  /// fail and ask for one more, so a search that followed them would not end.
  public func scheduleWorker(after delay: UInt64) throws(Stop) {
    if delay > 0 { return }
    if try core.begin(.scheduleWorker, 0, isShared: true) != nil { return }
    core.cells[Layout.flags] |= 1
    if core.cells[core.layout.headers + core.layout.worker] != 0 {
      core.happened |= Happening.rescheduled.bit
    }
    try core.end(.scheduleWorker, 0, 0, 0)
  }
}

extension Core {
  /// Who holds the lock of a list that is read and changed under it need not
  /// look out for others.
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
      wantsEveryStep = true
    }
  }

  /// Where an actor runs: interrupts come to CPU 0, the worker to a CPU of
  /// its own, since it may be anywhere.
  func cpu(of actor: Int) -> Int {
    isInterrupt(actor) ? 0 : min(actor, layout.cpus)
  }

  /// Whether an actor is an interrupt.
  func isInterrupt(_ actor: Int) -> Bool { actor > layout.worker }

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
    let spins =
      Int(cells[Layout.locks, byte: Int(KernelLock.foreignList.rawValue)])
      == actor + 1
    if (isReading || spins || isInterrupt(actor)) && !runsThrough {
      throw fail(.sleepInAtomic)
    }
  }
}
