internal import Fallow
internal import FallowMachine

/// How tables come to be unlinked, and when they are retired.
extension Replay {
  /// Unlinks the empty table in the way of a larger leaf, and those below it:
  /// `pmd_free_pte_page` and `pud_free_pmd_page`.
  func makeWay(at address: UInt64, level: Int, task: Int) {
    let at = VirtualAddress(address)
    var unlinked = UnlinkedTables<MachinePlatform, KernelHalf>(
      on: machine.platform)
    if kernel.detach(at: at, level: level, into: &unlinked) != nil {
      log.restored += 1
      layEmptyTable(at: address, level: level)
      _ = kernel.detach(at: at, level: level, into: &unlinked)
    }
    while !unlinked.isEmpty {
      unlinkedByTask[task, default: []].append(Held(unlinked.removeFirst()))
    }
  }

  /// Splits a large leaf; the recording says that it stood there.
  func split(_ address: UInt64, level: Int) {
    guard level > 1 && level <= X86FourLevel.maxLeafLevel else { return }
    let at = VirtualAddress(address)
    let span = X86FourLevel.span(of: level)
    let stretch = VirtualRange(start: at.alignedDown(to: span), size: span)
    if kernel.shape(at: at, level: level) == .empty {
      mapPhysical(
        stretch.start.rawValue, stretch.start.rawValue &+ span,
        phys: 0, shift: level == 3 ? 30 : 21,
        isImplied: true)
    }
    if kernel.split(at: at, level: level)?.kind == .outOfFrames {
      preconditionFailure("the machine has no frames for a table")
    }
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
    let at = VirtualAddress(address)
    var unlinked = UnlinkedTables<MachinePlatform, KernelHalf>(
      on: machine.platform)
    if kernel.collapse(at: at, level: level, into: &unlinked) != nil {
      log.restored += 1
      layFullTable(at: address, level: level)
      _ = kernel.collapse(at: at, level: level, into: &unlinked)
    }
    if !unlinked.isEmpty {
      held[descriptor] = Held(unlinked.removeFirst())
    }
    precondition(unlinked.isEmpty, "a collapse unlinks one table")
  }

  /// A task hands a table over: `kpt_free`.
  func handOver(_ descriptor: UInt64, place: Place, _ event: TraceEvent) {
    switch place {
    case .neverLinked:
      lostRaces.insert(descriptor)
    case .exact:
      if held[descriptor] == nil, var next = unlinkedByTask[event.task],
        !next.isEmpty
      {
        held[descriptor] = next.removeFirst()
        unlinkedByTask[event.task] = next
      }
    case .unknown:
      unlinkInvented(descriptor)
    }
    if options.retiresAtEntry || !prehistory.hasListEvents {
      retire(descriptor)
    }
  }

  /// Retires the table that was handed over under `descriptor`.
  func retire(_ descriptor: UInt64) {
    observeEvents()
    log.descriptor = descriptor
    if lostRaces.remove(descriptor) != nil {
      loseRace()
    } else if let table = held.removeValue(forKey: descriptor),
      let tables = table.take()
    {
      subject.scheme.retire(tables)
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
        !hasTable(at: leaf.range.start, level: leaf.level)
      else { continue }
      waitingLeaves[address] = nil
      expect(
        kernel.map(
          leaf.range, to: leaf.address, attributes: .kernelData,
          maxLeafLevel: leaf.level))
    }
  }

  /// Two CPUs find no table at the same place and both make one; the second
  /// to link it made it for nothing.
  private func loseRace() {
    let stretch = inventStretch()
    let data = machine.allocateData(frames: 2)
    let second = VirtualRange(start: stretch.start + 4096, size: 4096)
    let winner = machine.currentCPU
    machine.preemptAtNextAllocation { [unowned self] in
      machine.currentCPU = (winner + 1) % machine.platform.cpuCount
      expect(
        kernel.map(
          second, to: data.address + 4096, attributes: .kernelData))
      machine.currentCPU = winner
    }
    let first = VirtualRange(start: stretch.start, size: 4096)
    expect(kernel.map(first, to: data.address, attributes: .kernelData))
  }

  /// Frees the table of unplugged memory, in the order that the subject's
  /// kernel does it.
  func freeUnplugged(_ place: Place) {
    guard case .exact(let address, let tableLevel) = place else { return }
    let at = VirtualAddress(address)
    let level = tableLevel.entryLevel
    guard level < X86FourLevel.levels else { return }
    switch subject.unplug {
    case .unlinksThenRetires:
      var unlinked = UnlinkedTables<MachinePlatform, KernelHalf>(
        on: machine.platform)
      if kernel.detach(at: at, level: level, into: &unlinked) != nil {
        log.restored += 1
      }
      subject.scheme.retire(unlinked)
    case .freesThenClears:
      guard unsafe UnsafeDoor.freeWhileLinked(in: kernel, at: at, level: level)
      else {
        log.restored += 1
        return
      }
      log.freedBeforeClear += 1
      // The clock of the recording ticks in microseconds: the entry is cleared
      // before the next tick.
      machine.schedule(at: machine.now + 1_000) { [unowned self] in
        unsafe UnsafeDoor.clearLate(in: kernel, at: at, level: level)
      }
    }
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
