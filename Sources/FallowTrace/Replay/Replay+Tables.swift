// SPDX-License-Identifier: Apache-2.0

internal import Fallow
internal import FallowMachine

/// How tables come to be unlinked, and when they are retired.
extension Replay {
  /// Unlinks the empty table in the way of a larger leaf, and those below it:
  /// `pmd_free_pte_page` and `pud_free_pmd_page`.
  func makeWay(at address: UInt64, level: Int, task: Int) {
    guard let stretch = Self.stretch(at: address, level: level) else {
      return leaveOut()
    }
    ask(for: stretch, level: level)
    var tables = detach(stretch, level: level)
    if tables.isEmpty {
      log.restored += 1
      if layEmptyTable(stretch, level: level) {
        ask(for: stretch, level: level)
        tables = detach(stretch, level: level)
      }
    }
    if tables.isEmpty { leaveOut() }
    unlinkedByTask[task, default: []] += tables
  }

  /// Splits a large leaf; the recording says that it stood there.
  func split(_ address: UInt64, level: Int) {
    guard level > 1 && level <= X86FourLevel.maxLeafLevel else { return }
    guard let stretch = Self.stretch(at: address, level: level) else {
      return leaveOut()
    }
    if entryKind(of: stretch, level: level) == .empty {
      mapPhysical(
        stretch.start.rawValue, stretch.start.rawValue &+ stretch.size,
        phys: 0, shift: level == 3 ? 30 : 21, isImplied: true)
    }
    splitLeaf(stretch, level: level)
  }

  /// Puts a large leaf in the place of a full table: `cpa_collapse`.
  func collapse(
    _ address: UInt64, ret: Int, pt: UInt64, pt2: UInt64
  ) {
    guard ret > 0 else { return }
    collapse(address, level: 2, descriptor: (ret > 1 ? pt2 : pt) &- 8)
    if ret > 1 { collapse(address, level: 3, descriptor: pt &- 8) }
  }

  private func collapse(
    _ address: UInt64, level: Int, descriptor: UInt64
  ) {
    guard let stretch = Self.stretch(at: address, level: level) else {
      return leaveOut()
    }
    ask(for: stretch, level: level)
    var tables = collapse(stretch, level: level)
    if tables.isEmpty {
      log.restored += 1
      layFullTable(stretch, level: level)
      ask(for: stretch, level: level)
      tables = collapse(stretch, level: level)
    }
    if tables.isEmpty { leaveOut() }
    for table in tables { hold(table, as: descriptor) }
  }

  /// Keeps a table until the recording retires it as `descriptor`.
  ///
  /// If one is kept so already, the recording lost its retirement: it is
  /// retired now.
  func hold(_ table: Held, as descriptor: UInt64) {
    guard let lost = held.updateValue(table, forKey: descriptor) else { return }
    leaveOut()
    retire(lost)
  }

  /// A task hands a table over: `kpt_free`.
  func handOver(_ descriptor: UInt64, place: Place, task: Int) {
    switch place {
    case .neverLinked:
      lostRaces.insert(descriptor)
    case .exact(let address, let level):
      if held[descriptor] != nil { break }
      if var next = unlinkedByTask[task], !next.isEmpty {
        held[descriptor] = next.removeFirst()
        unlinkedByTask[task] = next
      } else {
        unlinkPlaced(descriptor, at: address, level: level.entryLevel)
      }
    case .unknown:
      unlinkInvented(descriptor)
    }
    handOver(descriptor)
  }

  /// Unlinks a table of which the recording says where it was linked, and not
  /// how it came to be unlinked: `fallow record` does so.
  private func unlinkPlaced(
    _ descriptor: UInt64, at address: UInt64, level: Int
  ) {
    guard let stretch = Self.stretch(at: address, level: level),
      entryKind(of: stretch, level: level) == .table
        || layEmptyTable(stretch, level: level)
    else { return leaveOut() }
    ask(for: stretch, level: level)
    let tables = detach(stretch, level: level)
    if tables.isEmpty { leaveOut() }
    for table in tables { hold(table, as: descriptor) }
  }

  /// A task hands over the table that is held as `descriptor`: it is retired
  /// now, unless the recording says when it is on the list.
  func handOver(_ descriptor: UInt64) {
    if options.retiresAtEntry || !prehistory.hasListEvents {
      retire(descriptor)
    }
  }

  /// Retires the table that was handed over as `descriptor`.
  func retire(_ descriptor: UInt64) {
    observeEvents()
    log.descriptor = descriptor
    if lostRaces.remove(descriptor) != nil {
      loseRace()
    } else if let table = held.removeValue(forKey: descriptor) {
      retire(table)
    }
    observeEvents()
    log.descriptor = nil
    placeWaitingLeaves()
  }

  /// Writes the large leaves whose table has made way, or, if the limit is
  /// reached, leaves them to the end of a drain.
  func placeWaitingLeaves() {
    guard !waitingLeaves.isEmpty, makeRoom() else { return }
    for address in waitingLeaves.keys.sorted() {
      guard let leaf = waitingLeaves[address],
        entryKind(of: leaf.range, level: leaf.level) != .table
      else { continue }
      waitingLeaves[address] = nil
      _ = mapLeaves(leaf.range, to: leaf.address, maxLeafLevel: leaf.level)
    }
  }

  /// Two CPUs find no table at the same place and both make one; the second
  /// to link it made it for nothing.
  private func loseRace() {
    guard let stretch = inventStretch() else { return leaveOut() }
    let second = VirtualRange(start: stretch.start + 4096, size: 4096)
    let winner = machine.currentCPU
    machine.preemptAtNextAllocation { [unowned self] in
      machine.currentCPU = (winner + 1) % machine.platform.cpuCount
      _ = mapLeaves(second, to: PhysicalAddress(4096), maxLeafLevel: 1)
      machine.currentCPU = winner
    }
    let first = VirtualRange(start: stretch.start, size: 4096)
    _ = mapLeaves(first, to: PhysicalAddress(0), maxLeafLevel: 1)
  }
}

extension LinuxLevel {
  /// The level of the table whose entry points to a table of this kind.
  var entryLevel: Int {
    switch self {
    case .pte: 2
    case .pmd: 3
    case .pud: 4
    }
  }
}
