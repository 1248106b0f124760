// SPDX-License-Identifier: Apache-2.0

internal import Fallow
internal import Synchronization

/// The machine behind a ``SteppingMachine``: one state, and the turn that is
/// being taken in it.
@safe
struct Core: ~Copyable {
  let layout: Layout
  let cells: Cells
  let rules: CacheRules
  var mode = WalkerMode.mayHold
  var forbidsIdleInvalidation = false
  var forgetsFailures = false
  var keepsEmptyTables = false
  /// Whether a retired table that nobody is at work on is a leak, though it
  /// can be found.
  var releasesAtRest = false
  var missingFence = MissingFence.none
  /// Whether a write to a register of an IOMMU takes effect later.
  var registersLag = false
  /// Whether IOMMUs may fail.
  var mayFail = false
  /// Whether they do so once at most.
  var failsOnce = false
  /// What the search spares itself.
  var reductions = Reductions.none
  /// Whether it is for operations that never end.
  var looksForEndings = false
  /// What was met that prevents a reduction, a bit each.
  var obstacles: UInt32 = 0
  /// What is not noticed, and whether every frame is taken for its actor's
  /// own: for the tests, which must fail then.
  var overlooked: UInt32 = 0
  var believesOwnership = false
  var believesGuards = false
  var believesStanding = false
  /// Whether the spaces that devices share have a user half, and can end.
  var hasUserSpaces = false
  /// How many frames for structures were taken, while set-up hands them out.
  var structuresTaken: Int?
  /// Set-up runs through, without turns.
  var runsThrough = true
  /// Which of several ways the turn goes.
  var choice = 0

  /// Whether each turn keeps the calls that led to its access.
  var keepsCalls = false
  /// Which accesses of the turn were the actor's own; nil if that is not kept.
  var ownership: OwnershipTrace?
  /// Where a program is that the debug information of this one does not know.
  ///
  /// It is given the function that a call begins, if there is one.
  var locate: ((UInt64?) -> SourceLine?)?
  /// The locks that guard a program's memory, what the search meets of them,
  /// and the locks that it has met.
  let guards: GuardedWords?
  let observedGuards: Cells
  var knownLocks: [Int] = []

  // The turn.
  var actor = 0
  /// Where the actor's log begins.
  var log = 0
  var cursor = 0
  var logCount = 0
  /// The first word of the log that was not there before the turn, or 0 if
  /// the log was cut.
  var firstNew = 0
  /// The first access of the log that the turn has made, if it has made one.
  var newSince = 0
  /// The frames whose number the actor's answers hold, a bit each.
  var known: UInt64 = 0
  /// Where the program stands after the turn, if it was asked.
  var standing: Standing?
  /// Exchanges the slots, where they are interchangeable.
  var slotSwap: SlotSwap?
  var hasStepped = false
  /// Whether a part of the log was forgotten in this turn, and how many tries
  /// of a loop were.
  var hasForgotten = false
  var forgottenTries = 0
  /// How many new accesses the turn has made, and how many it is to make, if
  /// that was decided before.
  var newAccesses = 0
  var turnLength: Int?
  /// Whether the turn took a lock.
  var hasLocked = false
  var isUnwinding = false
  /// How many ways the turn's access could have gone.
  var choices = 1
  /// Free frames that no actor can distinguish: one of them stands for all.
  var interchangeable: UInt64 = 0
  /// Whether entries or sets changed, so that walkers may hold more.
  var treeChanged = false
  var access = Access.none
  /// The turn's last access, if the turn keeps calls.
  var latest = (access: Access.none, target: 0, detail: 0)
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
  /// What a program's fault was, in a few words.
  var violationDetail: String?
  /// The holder of the lock that an actor was found to wait for, counted from
  /// 1.
  var holders = InlineArray<8, UInt8>(repeating: 0)

  /// Makes the struct one that has an address.
  ///
  /// A struct with an atomic does: the compiler passes its address to a method
  /// that does not mutate, where it would pass a copy of the whole. A fifth of a
  /// search's instructions depends on it.
  private let anchor = Atomic(false)

  init(layout: Layout, rules: CacheRules, guards: GuardedWords?) {
    self.layout = layout
    self.rules = rules
    self.guards = guards
    observedGuards = guards?.makeObserved() ?? .allocate(1)
    cells = .allocate(layout.size)
  }

  func free() {
    cells.free()
    observedGuards.free()
  }

  /// The calls that led to here.
  private var currentCalls: Calls {
    locate.map { Calls(at: $0(nil)) } ?? .current()
  }

  // MARK: Turns

  mutating func beginTurn(of actor: Int, choice: Int) {
    self.actor = actor
    self.choice = choice
    cursor = 0
    log = layout.log(of: actor)
    logCount = Int(cells[layout.headers + actor] & 0xff)
    firstNew = logCount
    newSince = logCount
    known =
      logCount == 0
      ? 0 : Mentions(rawValue: cells[layout.mentions &+ actor]).known
    standing = nil
    hasStepped = false
    hasForgotten = false
    forgottenTries = 0
    newAccesses = 0
    hasLocked = false
    accesses = 0
    isUnwinding = false
    choices = 1
    treeChanged = false
    access = .none
    latest = (.none, 0, 0)
    violation = .none
  }

  /// Answers an access from the log, or makes room for a new one and returns
  /// nil.
  ///
  /// One that others can notice ends the turn before it, unless it is the first
  /// or a mover.
  @inline(__always)
  mutating func begin(
    _ kind: Access, _ target: Int, _ detail: Int = 0, isShared: Bool = true,
    mover: Mover? = nil
  ) throws(Stop) -> UInt64? {
    if let result = try answer(kind, target, detail) { return result }
    try beginNew(kind, target, detail, isShared: isShared, mover: mover)
    return nil
  }

  /// Answers an access from the log; nil if it is a new one.
  @inline(__always)
  mutating func answer(
    _ kind: Access, _ target: Int, _ detail: Int = 0
  ) throws(Stop) -> UInt64? {
    guard cursor < logCount else { return nil }
    let logged = logged(cursor)
    if logged.key != LoggedAccess(kind, target, detail).key {
      throw fail(.notRepeatable)
    }
    cursor += 1
    return logged.result
  }

  /// The kind of access that the log has next; nil at its end.
  var nextLogged: Access? {
    guard cursor < logCount else { return nil }
    return logged(cursor).access
  }

  /// Makes room for a new access.
  mutating func beginNew(
    _ kind: Access, _ target: Int, _ detail: Int, isShared: Bool,
    mover: Mover?
  ) throws(Stop) {
    if runsThrough { return }
    // Code that has caught a stop goes on to its end without another access.
    if isUnwinding { throw .step }
    if let turnLength {
      if newAccesses == turnLength { throw stop(.step) }
    } else if let mover, reductions.contains(.movers) {
      try move(kind, mover)
      accesses |= 1 << UInt64(kind.rawValue)
    } else if isShared || !reductions.contains(.ownedFrames)
      || buffersStores && showsStores(kind)
    {
      if hasStepped || hasLocked && kind.blocks { throw stop(.step) }
      hasStepped = true
      accesses |= 1 << UInt64(kind.rawValue)
      access = kind
      self.target = target
      self.detail = detail
      if keepsCalls { calls = currentCalls }
    }
    if keepsCalls { latest = (kind, target, detail) }
    if buffersStores, kind.waitsForStores, !isUnfenced(kind, target) {
      try drain()
    }
    newAccesses += 1
  }

  private mutating func move(_ kind: Access, _ mover: Mover) throws(Stop) {
    switch mover {
    case .right:
      if hasStepped || hasLocked && kind.blocks { throw stop(.step) }
      if kind.takesLock { hasLocked = true }
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
    LoggedAccess(kind, target, detail, result: result).write(
      to: cells, at: log &+ logCount &* Layout.loggedWords)
    logCount += 1
    cursor += 1
    noteAnswer(kind, target, result)
    return result
  }

  /// The head of a loop that tries again.
  ///
  /// A turn of it that follows another comes right after what ended the one
  /// before; that turn is forgotten, since nothing of it is carried on. Where
  /// others notice none of it, the turn ends at the third.
  mutating func attempt() throws(Stop) {
    if isUnwinding { throw .step }
    if cursor == logCount, logCount > 0, logged(logCount - 1).access.endsTry {
      var head = logCount - 1
      while head >= 0 {
        if logged(head).access == .attempt {
          if forgottenTries == 2 { throw stop(.step) }
          forgottenTries += 1
          logCount = head + 1
          cursor = logCount
          firstNew = 0
          noteForgotten()
          return
        }
        head -= 1
      }
    }
    if try begin(.attempt, 0, isShared: false) != nil { return }
    try end(.attempt, 0, 0, 0)
  }

  @inline(__always)
  func logged(_ index: Int) -> LoggedAccess {
    LoggedAccess(in: cells, at: log &+ index &* Layout.loggedWords)
  }

  mutating func stop(_ stop: Stop) -> Stop {
    isUnwinding = true
    return stop
  }

  mutating func fail(_ oracle: Oracle, at frame: Int = 0) -> Stop {
    note(oracle, at: frame)
    if keepsCalls {
      calls = currentCalls
      if access == .none { (access, target, detail) = latest }
    }
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
    let place = Int(lock.rawValue)
    return runsThrough
      || cells[Layout.locks, byte: place] == UInt8(actor + 1)
        && (!buffersStores || forwarded(.unlock, place) == nil)
  }

  // MARK: Frames

  func index(of frame: FrameNumber) -> Int {
    FrameName.index(ofNumber: frame.rawValue)
  }

  func number(_ index: Int) -> FrameNumber {
    FrameNumber(FrameName.number(index))
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
    let frame = TinyEntry.table(in: entry)
    return frame >= 0 && frame < layout.frames ? frame : nil
  }
}
