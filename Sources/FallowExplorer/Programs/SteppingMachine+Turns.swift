// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// What a program that is compiled and runs natively needs of its turns.
extension SteppingMachine {
  /// The actors: the CPUs, then the worker, then the one for callbacks,
  /// then interrupts.
  package var actor: Int { core.actor }

  /// How many numbers of CPUs there are, the worker's and that of callbacks
  /// among them.
  package var cpuNumbers: Int { core.layout.firstInterrupt }

  /// The levels of the machine's tables.
  package var levels: Int { core.layout.levels }

  /// The IOMMUs of the machine.
  package var iommus: Int { core.layout.iommus }

  /// The address spaces that devices behind each IOMMU share.
  package var pasids: Int { core.layout.roots }

  /// The number of the move that the actor is at.
  package var move: Int {
    Int(core.cells[core.layout.headers + core.actor] >> 8 & 0xff) - 1
  }

  /// Whether the actor does what was put off.
  package var takesCalls: Bool {
    core.actor == core.layout.worker || core.actor == core.layout.callback
  }

  /// Whether the actor may never sleep.
  package var isAtomic: Bool {
    core.actor == core.layout.callback || core.isInterrupt(core.actor)
  }

  /// Whether the program is being set up, and nothing else runs.
  package var isSetUp: Bool { core.runsThrough }

  /// How many accesses the operation has made in this run, and how many its
  /// log holds.
  package var progress: (made: Int, logged: Int) {
    (core.cursor, core.logCount)
  }

  /// Goes on as from an earlier access, where the program stood as it stands
  /// now: what it was answered since decides nothing any more.
  ///
  /// Ends the turn when that happens a second time: the program goes round and
  /// round without a step that others notice.
  package func forgetLog(after length: Int) throws(Stop) {
    core.logCount = length
    core.cursor = length
    core.firstNew = 0
    core.newSince = min(core.newSince, length)
    core.noteForgotten()
    if core.hasForgotten { throw core.stop(.step) }
    core.hasForgotten = true
  }

  /// Whether the timeline of this search names lines.
  package var namesLines: Bool { core.keepsCalls }

  /// Has timelines ask `locate` where a program is, or where the function is
  /// that it is given.
  package func locate(by locate: @escaping (UInt64?) -> SourceLine?) {
    core.locate = locate
  }

  /// Ends the search.
  package func fail(
    _ oracle: Oracle, _ detail: String? = nil
  ) -> Stop {
    if core.violation == .none { core.violationDetail = detail }
    return core.fail(oracle)
  }
}

/// Frames, as a program knows them.
extension SteppingMachine {
  /// The number by which code knows a frame; the root is frame 0.
  package static func number(ofFrame index: Int) -> UInt64 {
    FrameName.number(index)
  }

  /// The frame with exactly that number; negative if there is none.
  package static func frame(withNumber number: UInt64) -> Int {
    FrameName.index(ofNumber: number)
  }

  /// Takes a frame and makes it a table of the kernel half with no entry.
  ///
  /// - Returns: Its number; nil if no frame is free.
  package func takeTable() throws(Stop) -> UInt64? {
    let table = try allocate(order: 0)
    if table == .none { return nil }
    try describe(table, as: .linked)
    try fill(table.address, count: entriesPerTable, first: 0, step: 0)
    return table.rawValue
  }
}
