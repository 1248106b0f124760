// SPDX-License-Identifier: Apache-2.0

import Fallow

@testable import FallowExplorer

/// A shape as code that is searched: each CPU runs its instructions once, and
/// the last to end compares.
struct LitmusModel: Model {
  let machine: SteppingMachine
  let shape: LitmusShape

  /// Frames: the root, the table of the two pages, and one to link instead.
  private static let table = FrameNumber(FrameName.number(1))
  private static let flag = KernelWord(index: 4)
  private static let unlinked = KernelWord(index: 5)

  private var root: PhysicalAddress {
    FrameNumber(FrameName.number(0)).address
  }

  /// Maps the pages before anything runs.
  init(_ machine: SteppingMachine, _ shape: LitmusShape) throws(Stop) {
    self.machine = machine
    self.shape = shape
    guard let table = try machine.takeTable() else {
      throw machine.fail(.outOfBounds)
    }
    precondition(FrameNumber(table) == Self.table, "the first free frame")
    try machine.store(entry(shape.start), to: leafPlace(0))
    try machine.store(entry(.page(1)), to: leafPlace(1))
    try machine.link(Self.table, at: root)
  }

  private func leafPlace(_ page: Int) -> PhysicalAddress {
    Self.table.address + UInt64(8 * page)
  }

  private func entry(_ leaf: LitmusShape.Leaf) -> UInt64 {
    let (page, attributes): (Int, LeafAttributes)
    switch leaf {
    case .none: return 0
    case .page(let number): (page, attributes) = (number, .writable)
    case .readOnly(let number): (page, attributes) = (number, .none)
    }
    return TinyFormat<TwoByTwo>.leafEntry(
      mapping: PhysicalAddress(UInt64(64 + page) << FrameNumber.shift),
      level: 1, attributes: attributes)
  }

  private func leaf(of entry: UInt64) -> LitmusShape.Leaf {
    if entry == 0 { return .none }
    let page = Int(entry >> FrameNumber.shift) - 64
    return entry & TinyEntry.writable != 0 ? .page(page) : .readOnly(page)
  }

  // MARK: Running

  func perform(_ operation: Operation, on slot: Slot) throws(Stop) -> Bool {
    let cpu = try machine.currentCPU()
    let own = KernelWord.retired(by: cpu)
    if try machine.load(own) != 0 { return false }
    var results: [LitmusResult] = []
    for instruction in shape.cpus[cpu] {
      if let result = try run(instruction) { results.append(result) }
    }
    let isAsExpected = zip(results, shape.end[cpu]).allSatisfy {
      $1 == nil || $0 == $1
    }
    _ = try machine.exchange(isAsExpected ? 2 : 1, at: own)
    for other in shape.cpus.indices
    where try machine.load(.retired(by: other)) != 2 { return true }
    try machine.fault(.wrongState, at: Self.table)
  }

  private func run(
    _ instruction: LitmusShape.Instruction
  ) throws(Stop) -> LitmusResult? {
    switch instruction {
    case .set(let page, let leaf):
      try machine.store(entry(leaf), to: leafPlace(page))
    case .dsb: try machine.awaitFlushes()
    case .tlbi(let tlbi):
      try machine.issueFlush(
        range(tlbi.page), tables: tlbi.tables, leaves: tlbi.leaves,
        isLocal: tlbi.isLocal, asid: tlbi.asid)
    case .read(let page): return result(try machine.access(start(page)))
    case .write(let page):
      return result(try machine.access(start(page), isWrite: true))
    case .readLeaf(let page):
      return .leaf(leaf(of: try machine.load(leafPlace(page))))
    case .signal: try machine.store(1, to: Self.flag)
    case .look: return .signalled(try machine.load(Self.flag) != 0)
    case .unlinkTable:
      let old = try machine.exchange(0, at: root)
      _ = try machine.exchange(old, at: Self.unlinked)
    case .linkTable(let leaf):
      guard let table = try machine.takeTable() else {
        throw machine.fail(.outOfBounds)
      }
      let address = FrameNumber(table).address
      try machine.store(entry(leaf), to: address)
      try machine.link(FrameNumber(table), at: root)
    case .load(let asid): try machine.loadASID(asid)
    }
    return nil
  }

  private func start(_ page: Int) -> VirtualAddress { range(page).start }

  private func range(_ page: Int) -> VirtualRange {
    VirtualRange(
      start: VirtualAddress(UInt64(page) << FrameNumber.shift),
      size: FrameNumber.size)
  }

  private func result(_ outcome: AccessOutcome) -> LitmusResult {
    switch outcome {
    case .notMapped: .notMapped
    case .notWritable: .notWritable
    case .reached(let page): .reached(page)
    }
  }
}

extension LitmusShape {
  /// Searches every interleaving for the end.
  ///
  /// - Returns: A violation if it can come; safe if it cannot.
  func search(_ options: SearchOptions = SearchOptions()) -> Outcome {
    var bounds = Bounds()
    bounds.cpus = cpus.count
    bounds.startsUnshared = true
    bounds.cpusCacheApart = true
    bounds.keepsTranslations = true
    bounds.asids = asids
    bounds.storeBuffers = buffersStores ? 2 : 0
    // The worker's CPU has nothing to do.
    bounds.walkingCPUs = UInt8(1 << cpus.count) - 1
    var scenario = Scenario(
      name, bounds: bounds,
      moves: cpus.indices.map {
        Move(
          Operation("run CPU \($0)"), from: nil, to: .empty,
          actors: 1 << UInt8($0))
      },
      // Nothing is mapped there.
      slots: [Slot(number: 0, firstPage: 3, pageCount: 1)])
    scenario.mustHappen = []
    return Search(scenario, options: options) { (machine) throws(Stop) in
      try LitmusModel(machine, self)
    }.run()
  }
}
