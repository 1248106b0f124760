// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine

@testable import FallowExplorer

/// A protocol at random: each of two actors unlinks a table, has walkers forget
/// it, and gives it back; yet much may be missing or come in between.
struct RandomProtocol: Model {
  enum Step {
    case unlink, flush, quarantine, relink, writeLeaf, free
    case submit(iommu: Int, pasid: Int, pages: UInt64)
    case fence(iommu: Int)
    case wait
    case attach(iommu: Int, pasid: Int)
    case detach(iommu: Int, pasid: Int)
    case isolate(iommu: Int)
    case lock(KernelLock), unlock(KernelLock)
    case readOther
    case awaitReaders
    case flushOwn, flushASID(Int)
    case loadASID(Int?, keepsCaches: Bool)
    case writeBack, writeTableBack
    case useOwnWord(stays: Bool)
    case freeLater
  }

  let machine: SteppingMachine
  /// What is done to each slot.
  let programs: [[Step]]

  func perform(_ operation: Operation, on slot: Slot) throws(Stop) -> Bool {
    switch operation {
    case .map: try map(slot)
    case .callback:
      try machine.free(FrameNumber(try machine.takeCallback()), order: 0)
    default: try run(slot)
    }
    return true
  }

  private func map(_ slot: Slot) throws(Stop) {
    guard let table = try machine.makeTable(for: slot) else { return }
    try machine.store(table.address.rawValue | 1, to: slot.rootEntry)
  }

  private func run(_ slot: Slot) throws(Stop) {
    let driver = SteppingDriver(platform: machine)
    let entry = try machine.load(slot.rootEntry)
    let table = FrameNumber(containing: PhysicalAddress(entry))
    var held: [KernelLock] = []
    var tickets: [(ticket: UInt64, iommu: Int)] = []
    for step in programs[slot.number] {
      switch step {
      case .unlink: _ = try machine.exchange(0, at: slot.rootEntry)
      case .flush: try machine.flushCPUs(slot.range)
      case .quarantine: try machine.describe(table, as: .quarantined)
      case .relink:
        try machine.store(entry, to: slot.rootEntry)
        _ = try machine.exchange(0, at: slot.rootEntry)
      case .writeLeaf:
        try machine.store(
          slot.leaf ^ 1 << 16, to: table.address + (slot.leafOffset ^ 8))
      case .free: try machine.free(table, order: 0)
      case .submit(let iommu, let pasid, let pages):
        try driver.submit(
          InvalidationRequest(
            pasid: PASID(UInt32(pasid)),
            range: pages == 0
              ? nil
              : VirtualRange(
                start: slot.range.start, size: pages << FrameNumber.shift)),
          to: iommu)
      case .fence(let iommu): tickets.append((try driver.fence(iommu), iommu))
      case .wait:
        guard let last = tickets.popLast() else { continue }
        if try driver.wait(for: last.ticket, on: last.iommu) { continue }
        // Nobody answered: the table goes back to where it was.
        try machine.describe(table, as: .linked)
        try machine.store(entry, to: slot.rootEntry)
        for lock in held { try machine.unlock(lock) }
        return
      case .attach(let iommu, let pasid):
        _ = try driver.attach(
          .none, to: Device(iommu: iommu, requester: 0),
          as: PASID(UInt32(pasid)))
      case .detach(let iommu, let pasid):
        try driver.detach(
          Device(iommu: iommu, requester: 0), from: PASID(UInt32(pasid)))
      case .isolate(let iommu):
        try driver.isolate(Device(iommu: iommu, requester: 0))
      case .lock(let lock):
        try machine.lock(lock)
        held.append(lock)
      case .unlock(let lock):
        try machine.unlock(lock)
        held.removeAll { $0 == lock }
      case .readOther: try readOther(slot)
      case .awaitReaders: try machine.awaitReaders()
      case .flushOwn, .flushASID, .loadASID, .writeBack, .writeTableBack,
        .useOwnWord, .freeLater:
        try perform(step, slot, table)
      }
    }
  }

  private func perform(
    _ step: Step, _ slot: Slot, _ table: FrameNumber
  ) throws(Stop) {
    switch step {
    case .flushOwn: try machine.flushOwnCPU(slot.range)
    case .flushASID(let asid):
      try machine.flushCPUs(slot.range, on: .max, asid: asid)
    case .loadASID(let asid, let keepsCaches):
      try machine.loadASID(asid, keepsCaches: keepsCaches)
    case .writeBack: try machine.writeBack(slot.rootEntry, count: 1)
    case .writeTableBack: try machine.writeBack(table.address)
    case .useOwnWord(let stays): try useOwnWord(stays: stays)
    case .freeLater: try machine.callAfterReaders(table.rawValue)
    default: break
    }
  }

  /// A word of the CPU's own must not be in use by another operation.
  private func useOwnWord(stays: Bool) throws(Stop) {
    if stays { try machine.enterReadSection() }
    let word = KernelWord.retired(by: try machine.currentCPU())
    if try machine.load(word) != 0 {
      try machine.fault(.wrongState, at: FrameNumber(0))
    }
    try machine.store(1, to: word)
    try machine.store(0, to: word)
    if stays { try machine.leaveReadSection() }
  }

  private func readOther(_ slot: Slot) throws(Stop) {
    try machine.enterReadSection()
    let entry = try machine.load(slot.other.rootEntry)
    if entry != 0 {
      _ = try machine.load(
        FrameNumber(containing: PhysicalAddress(entry)).address)
    }
    try machine.leaveReadSection()
  }
}

extension RandomProtocol {
  /// What a seed says is done to a slot.
  static func program(
    _ chances: inout RandomNumbers, _ bounds: Bounds
  ) -> [Step] {
    func unit() -> (iommu: Int, pasid: Int) {
      (
        Int(chances.next(below: UInt64(bounds.iommus))),
        Int(chances.next(below: UInt64(bounds.pasids)))
      )
    }
    var steps: [Step] = [.unlink, .flush, .quarantine]
    // With the lock accesses are merged into turns, without it they are not.
    let isLocked = chances.happens(80)
    if isLocked { steps.append(.lock(.sharing)) }
    for iommu in 0..<bounds.iommus {
      for pasid in 0..<bounds.pasids where chances.happens(90) {
        steps.append(
          .submit(
            iommu: iommu, pasid: pasid,
            pages: chances.happens(20) ? chances.next(below: 2) + 1 : 0))
      }
    }
    var fences = 0
    for iommu in 0..<bounds.iommus where chances.happens(95) {
      steps.append(.fence(iommu: iommu))
      fences += 1
    }
    if isLocked { steps.append(.unlock(.sharing)) }
    for _ in 0..<fences where chances.happens(95) { steps.append(.wait) }
    if chances.happens(80) { steps.append(.awaitReaders) }
    steps.append(.free)
    for _ in 0..<chances.next(below: 4) {
      let (iommu, pasid) = unit()
      let place = Int(chances.next(below: UInt64(steps.count - 1)))
      let isOutside = isLocked && !holdsSharing(after: steps[..<place])
      let more: [Step] =
        switch chances.next(below: 9) {
        case 0: [.attach(iommu: iommu, pasid: pasid)]
        case 1: [.detach(iommu: iommu, pasid: pasid)]
        case 2:
          [
            .detach(iommu: iommu, pasid: pasid),
            .submit(iommu: iommu, pasid: pasid, pages: 0),
          ]
        case 3: [.submit(iommu: iommu, pasid: pasid, pages: 0)]
        case 4: [.fence(iommu: iommu), .wait]
        case 5: [.isolate(iommu: iommu)]
        case 6: [.writeLeaf]
        case 7: [.readOther]
        default: [.relink]
        }
      steps.insert(
        contentsOf: isOutside
          ? [.lock(.sharing)] + more + [.unlock(.sharing)] : more, at: place)
    }
    // Where a device has a TLB, an entry often appears behind a command.
    if bounds.ats, chances.happens(40),
      let place = steps.lastIndex(where: { step in
        if case .submit = step { true } else { false }
      })
    {
      steps.insert(.writeLeaf, at: place + 1)
    }
    if chances.happens(20) {
      let ends = [
        chances.next(below: UInt64(steps.count - 1)),
        chances.next(below: UInt64(steps.count - 1)),
      ].sorted()
      steps.insert(.unlock(.reclamation), at: Int(ends[1]))
      steps.insert(.lock(.reclamation), at: Int(ends[0]))
    }
    return steps
  }

  private static func holdsSharing(after steps: ArraySlice<Step>) -> Bool {
    steps.reduce(false) { holds, step in
      switch step {
      case .lock(.sharing): true
      case .unlock(.sharing): false
      default: holds
      }
    }
  }

  /// What a seed says of the machine and of what is done.
  static func make(
    seed: UInt64
  ) -> (scenario: Scenario, programs: [[Step]]) {
    var chances = RandomNumbers(seed: seed, stream: 4)
    var bounds = Catalogue.bounds(cpus: 2, slots: 2)
    if chances.next(below: 2) == 0 {
      bounds.iommus = Int(chances.next(below: 2)) + 1
    } else {
      bounds.pasids = Int(chances.next(below: 2)) + 1
    }
    bounds.ats = chances.next(below: 3) == 0
    bounds.mayFail = chances.next(below: 4) == 0
    bounds.keepsEmptyTables = true
    var scenario = Scenario.mapUnmap(bounds)
    scenario.start = .mapped
    scenario.moves = [Move(.unmap, from: .mapped, to: .over)]
    scenario.mustHappen = []
    let programs = (0..<2).map { _ in program(&chances, bounds) }
    return (scenario, programs)
  }

  /// Other CPUs and IOMMUs, and what code has to do there.
  private static func vary(
    _ scenario: inout Scenario, _ programs: inout [[Step]],
    _ chances: inout RandomNumbers
  ) {
    let kind = chances.next(below: 5)
    scenario.bounds.cpusCacheApart = kind == 0
    scenario.bounds.walkingCPUs = kind == 0 ? 3 : .max
    scenario.bounds.asids = kind == 1 ? 2 : 1
    scenario.bounds.iommusSnoop = kind != 2
    scenario.bounds.migrates = kind == 3
    scenario.bounds.callbacks = kind == 4
    for index in programs.indices {
      func insert(_ steps: Step...) {
        let place = chances.next(below: UInt64(programs[index].count))
        programs[index].insert(contentsOf: steps, at: Int(place))
      }
      func replace(_ step: Step, where isIt: (Step) -> Bool) {
        if let place = programs[index].firstIndex(where: isIt) {
          programs[index][place] = step
        }
      }
      func isFlush(_ step: Step) -> Bool {
        if case .flush = step { true } else { false }
      }
      switch kind {
      case 0:
        if chances.happens(30) { replace(.flushOwn, where: isFlush) }
        if chances.happens(70) { insert(.loadASID(nil, keepsCaches: true)) }
        if chances.happens(60) {
          insert(.loadASID(0, keepsCaches: chances.happens(50)))
        }
      case 1:
        if chances.happens(30) { replace(.flushASID(1), where: isFlush) }
        for _ in 0..<3 where chances.happens(60) {
          let asid = Int(chances.next(below: 3))
          insert(
            .loadASID(asid == 2 ? nil : asid, keepsCaches: chances.happens(50)))
        }
      case 2:
        if chances.happens(80) { programs[index].insert(.writeBack, at: 1) }
        if chances.happens(30) { insert(.writeBack) }
        if chances.happens(30) { insert(.writeTableBack) }
      case 3:
        insert(.useOwnWord(stays: chances.happens(85)))
        if chances.happens(50) { insert(.readOther) }
      default:
        replace(.freeLater) { if case .free = $0 { true } else { false } }
        if chances.happens(50) { insert(.readOther) }
      }
    }
  }

  /// What a search finds before it explains anything; `varies` if on other CPUs
  /// and IOMMUs as well.
  static func search(
    seed: UInt64, _ options: SearchOptions, varies: Bool = false
  ) -> Outcome {
    var (scenario, programs) = make(seed: seed)
    if varies {
      var chances = RandomNumbers(seed: seed, stream: 6)
      vary(&scenario, &programs, &chances)
    }
    let all = programs
    return Search(scenario, options: options) { (machine) throws(Stop) in
      RandomProtocol(machine: machine, programs: all)
    }.firstPass()
  }
}
