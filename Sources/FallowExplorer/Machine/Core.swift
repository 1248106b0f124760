internal import Fallow

/// The machine behind a ``SteppingMachine``: one state, and the turn that is
/// being taken in it.
@safe
struct Core {
  let layout: Layout
  let cells: Cells
  let rules: CacheRules
  var mode = WalkerMode.mayHold
  var isEverythingShared = false
  var forbidsIdleInvalidation = false
  var forgetsFailures = false
  var keepsEmptyTables = false
  var missingFence = MissingFence.none
  /// Whether IOMMUs may fail.
  var mayFail = false
  /// Whether the steps of IOMMUs are merged with those of whoever deals with
  /// them.
  var mergesQueues = false
  /// Whether accesses that are movers are merged with others.
  var mergesTurns = false
  /// Whether something happened for which they must not be.
  var wantsEveryStep = false
  /// How many frames for structures were taken, while set-up hands them out.
  var structuresTaken: Int?
  /// Set-up runs through, without turns.
  var runsThrough = true
  /// Which of several ways the turn goes.
  var choice = 0

  /// Whether each turn keeps the calls that led to its access.
  var keepsCalls = false

  // The turn.
  var actor = 0
  var cursor = 0
  var logCount = 0
  /// The first word of the log that was not there before the turn, or 0 if
  /// the log was cut.
  var firstNew = 0
  var hasStepped = false
  /// Whether the turn took a lock.
  var hasLocked = false
  var isUnwinding = false
  /// How many ways the turn's access could have gone.
  var choices = 1
  /// Free frames that no one can tell apart: one of them stands for all.
  var interchangeable: UInt64 = 0
  /// Whether entries or sets changed, so that walkers may hold more.
  var treeChanged = false
  var access = Access.none
  /// The kinds of all accesses of the turn that others could notice, a bit
  /// each.
  var accesses: UInt64 = 0
  var target = 0
  var detail = 0
  var value: UInt64 = 0
  /// The calls that led to the turn's access, or to what it violated.
  var calls = Calls()
  /// What happened since the set-up, a bit each.
  var happened: UInt32 = 0
  /// How many commands of each kind IOMMUs carried out since, and how often
  /// they failed.
  var carriedOut = InlineArray<16, Int>(repeating: 0)
  var failures = 0
  var violation = Oracle.none
  var violationFrame = 0
  /// Who holds the lock that an actor was found to wait for, counted from 1.
  var holders = InlineArray<8, UInt8>(repeating: 0)

  init(layout: Layout, rules: CacheRules) {
    self.layout = layout
    self.rules = rules
    cells = .allocate(layout.size)
  }

  // MARK: Turns

  mutating func beginTurn(of actor: Int, choice: Int) {
    self.actor = actor
    self.choice = choice
    cursor = 0
    logCount = Int(cells[layout.headers + actor] & 0xff)
    firstNew = logCount
    hasStepped = false
    hasLocked = false
    accesses = 0
    isUnwinding = false
    choices = 1
    treeChanged = false
    access = .none
    violation = .none
  }

  /// Answers an access from the log, or makes room for a new one and returns
  /// nil.
  ///
  /// One that is shared ends the turn before it, unless it is the first or a
  /// mover.
  @inline(__always)
  mutating func begin(
    _ kind: Access, _ target: Int, _ detail: Int = 0, isShared: Bool,
    mover: Mover? = nil
  ) throws(Stop) -> UInt64? {
    let key =
      UInt64(kind.rawValue) << 16 | UInt64(truncatingIfNeeded: target) << 8
      | UInt64(truncatingIfNeeded: detail)
    if cursor < logCount {
      let logged = cells[layout.log(of: actor) + cursor]
      if logged >> 40 != key { throw fail(.notRepeatable) }
      cursor += 1
      return Self.result(logged)
    }
    if runsThrough { return nil }
    if let mover, mergesTurns {
      try move(kind, mover)
      accesses |= 1 << UInt64(kind.rawValue)
    } else if isShared || isEverythingShared {
      if hasStepped || hasLocked && kind.blocks { throw stop(.step) }
      hasStepped = true
      accesses |= 1 << UInt64(kind.rawValue)
      access = kind
      self.target = target
      self.detail = detail
      if keepsCalls { calls = .current() }
      if buffersStores, kind.waitsForStores, !isUnfenced(kind, target) {
        try drain()
      }
    }
    return nil
  }

  private mutating func move(_ kind: Access, _ mover: Mover) throws(Stop) {
    switch mover {
    case .right:
      if hasStepped || hasLocked && kind.blocks { throw stop(.step) }
      if kind == .lock { hasLocked = true }
    case .left:
      if hasLocked && !hasStepped && kind.blocks { throw stop(.step) }
      hasStepped = true
    case .both: break
    }
  }

  /// Picks one of so many ways; only one access of a turn has more than one.
  mutating func pick(_ ways: Int) -> Int {
    if ways == 1 { return 0 }
    assert(choices == 1, "a turn goes one of several ways once")
    choices = ways
    return choice
  }

  /// Logs the result of a new access.
  @inline(__always)
  @discardableResult
  mutating func end(
    _ kind: Access, _ target: Int, _ detail: Int = 0, _ result: UInt64
  ) throws(Stop) -> UInt64 {
    if runsThrough { return result }
    if kind == access { value = result }
    guard logCount < Layout.logCapacity else {
      throw fail(.endlessOperation)
    }
    cells[layout.log(of: actor) + logCount] =
      UInt64(kind.rawValue) << 56 | UInt64(target & 0xff) << 48
      | UInt64(detail & 0xff) << 40 | Self.logged(result)
    logCount += 1
    cursor += 1
    return result
  }

  /// A result in the 40 bits that a log has for it: a small number, above or
  /// below zero; a small number under the sign bit, which marks a count that
  /// has ended; or a ``Binding`` of few IOMMUs, PASIDs and devices.
  @inline(__always)
  static func logged(_ result: UInt64) -> UInt64 {
    let isSmall = Int64(bitPattern: result) >> 38 == -1 || result >> 38 == 0
    if isSmall { return result & 0xff_ffff_ffff }
    let (iommus, number, rest) = (
      result & 0xff, result >> 32 & 0xff, result >> 52
    )
    let isBinding =
      result >> 63 == 0 && result == iommus | number << 32 | rest << 52
    return isBinding
      ? iommus | number << 8 | rest << 16 | 2 << 38
      : result & 0x3f_ffff_ffff | 1 << 38
  }

  /// The result that a log's word holds.
  @inline(__always)
  static func result(_ word: UInt64) -> UInt64 {
    switch word >> 38 & 3 {
    case 1: word & 0x3f_ffff_ffff | 1 << 63
    case 2:
      word & 0xff | (word >> 8 & 0xff) << 32 | (word >> 16 & 0x7ff) << 52
    default: UInt64(bitPattern: Int64(bitPattern: word << 24) >> 24)
    }
  }

  /// The head of a loop that tries again.
  ///
  /// A turn of it that follows another comes right after what ended the one
  /// before; that turn is forgotten, since nothing of it is carried on.
  mutating func attempt() throws(Stop) {
    let log = layout.log(of: actor)
    if cursor == logCount, logCount > 0,
      Access(rawValue: UInt8(cells[log + logCount - 1] >> 56))?.endsTry == true
    {
      var head = logCount - 1
      while head >= 0 {
        if cells[log + head] >> 56 == UInt64(Access.attempt.rawValue) {
          logCount = head + 1
          cursor = logCount
          firstNew = 0
          return
        }
        head -= 1
      }
    }
    if try begin(.attempt, 0, isShared: false) != nil { return }
    try end(.attempt, 0, 0, 0)
  }

  mutating func stop(_ stop: Stop) -> Stop {
    isUnwinding = true
    return stop
  }

  mutating func fail(_ oracle: Oracle, at frame: Int = 0) -> Stop {
    note(oracle, at: frame)
    if keepsCalls { calls = .current() }
    return stop(.violation)
  }

  /// Keeps the first thing that went wrong.
  mutating func note(_ oracle: Oracle, at frame: Int = 0) {
    if violation == .none {
      violation = oracle
      violationFrame = frame
    }
  }

  /// Whether the actor holds a lock, or set-up runs.
  func holds(_ lock: KernelLock) -> Bool {
    let place = Layout.place(of: lock)
    return runsThrough
      || cells[Layout.locks, byte: place] == UInt8(actor + 1)
        && (!buffersStores || forwarded(.unlock, place) == nil)
  }

  // MARK: Frames

  func index(of frame: FrameNumber) -> Int {
    Layout.index(ofNumber: frame.rawValue)
  }

  func number(_ index: Int) -> FrameNumber {
    FrameNumber(Layout.number(index))
  }

  func isFree(_ frame: Int) -> Bool {
    (cells[Layout.free] | cells[Layout.goneRoots]) >> UInt64(frame) & 1 != 0
  }

  func typeWord(of frame: Int) -> TypeWord {
    TypeWord(
      rawValue: UInt32(
        truncatingIfNeeded: cells[layout.field(.typeWord, of: frame)]))
  }

  /// The table that a present entry points to, or nil if it is a leaf.
  func table(in entry: UInt64) -> Int? {
    guard
      entry & (TinyEntry.present | TinyEntry.leaf) == TinyEntry.present
    else { return nil }
    let frame = Layout.index(ofNumber: entry >> FrameNumber.shift)
    return frame >= 0 && frame < layout.frames ? frame : nil
  }

  func isReachable(_ frame: Int) -> Bool {
    var index = layout.entries
    while index < layout.fields {
      let holder = (index - layout.entries) / layout.entriesPerTable
      if let child = table(in: seenEntry(index)), child == frame,
        holder == 0 || cells[Layout.linkedAt, byte: holder] != 0,
        !isFree(holder),
        holder == 0 || isReachable(holder)
      {
        return true
      }
      index += 1
    }
    return false
  }
}
