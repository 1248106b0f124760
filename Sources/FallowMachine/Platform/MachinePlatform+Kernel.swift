// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// Frames, CPUs, scheduling, and what must not happen.
extension MachinePlatform {
  /// Takes a block of `2^order` frames, or returns `FrameNumber.none`.
  ///
  /// Another CPU may get its turn meanwhile: see
  /// ``Machine/preemptAtNextAllocation(_:)``.
  public func allocate(order: Int) -> FrameNumber {
    let machine = machine
    let block = machine.allocator.allocate(order: order)
    if block != .none { machine.record(.allocated(block, order: order)) }
    if let preemption = machine.preemption {
      machine.preemption = nil
      machine.runAside(preemption)
    }
    return block
  }

  /// Gives a block back.
  ///
  /// Someone else owns it from here on.
  public func free(_ block: FrameNumber, order: Int) {
    let machine = machine
    machine.check(block)
    guard machine.ledger.status(of: block).role != .nextOwner else {
      fatalError("freed twice: \(machine.describe(block))")
    }
    machine.noteRelease(of: block, order: order)
    machine.handOn(block, order: order)
  }

  /// How many CPUs the machine has.
  public var cpuCount: Int { machine.configuration.cpus }

  /// The CPU that runs the caller.
  public func currentCPU() -> Int { machine.currentCPU }

  /// Makes every CPU forget what it cached of `range`.
  public func flush(
    _ range: VirtualRange, of root: FrameNumber?, _ scope: FlushScope
  ) {
    machine.flushCPUs(range)
  }

  /// Makes this CPU forget that entries for `range` were not present.
  public func publish(_ range: VirtualRange, of root: FrameNumber?) {
    machine.publish(range)
  }

  /// Begins a stretch in which the caller reads tables.
  public func enterReadSection() { machine.openReadSections += 1 }

  /// Ends the stretch.
  public func leaveReadSection() {
    precondition(machine.openReadSections > 0, "no read section is open")
    machine.openReadSections -= 1
  }

  /// Returns at once: no other actor runs that could close a read section, so
  /// waiting for an open one would never end.
  public func awaitReaders() {
    precondition(
      machine.openReadSections == 0,
      "waiting for readers inside a read section")
  }

  /// Whether no read section is open.
  public func readersHaveLeft() -> Bool { machine.openReadSections == 0 }

  /// Takes a lock.
  ///
  /// To wait for one would never end: it traps.
  public func lock(_ lock: KernelLock) {
    let bit: UInt64 = 1 << UInt64(lock.rawValue)
    precondition(
      machine.heldLocks & bit == 0, "lock \(lock.rawValue) is held already")
    machine.heldLocks |= bit
  }

  /// Gives a lock back.
  public func unlock(_ lock: KernelLock) {
    let bit: UInt64 = 1 << UInt64(lock.rawValue)
    precondition(
      machine.heldLocks & bit != 0, "lock \(lock.rawValue) is not held")
    machine.heldLocks &= ~bit
  }

  /// Calls ``Machine/onWorkerScheduled``.
  public func scheduleWorker(after delay: UInt64) {
    machine.onWorkerScheduled(delay)
  }

  /// Nothing: every loop that tries again ends here at its second turn.
  public func attempt() {}

  /// Traps: a token was dropped.
  public func dropped(_ frame: FrameNumber) {
    fatalError("a token was dropped with \(machine.describe(frame))")
  }

  /// Traps: a frame is not what the caller said.
  public func fault(_ fault: LifecycleFault, at frame: FrameNumber) -> Never {
    fatalError("\(fault) of \(machine.describe(frame))")
  }
}

extension Machine {
  /// Makes `body`, another CPU's whole operation, run inside the next
  /// allocation, before the allocating actor goes on: so both may allocate
  /// the same table, and one of them loses the race.
  ///
  /// - Parameter body: What runs in the middle of the allocation.
  public func preemptAtNextAllocation(_ body: @escaping () -> Void) {
    preemption = body
  }

  /// A frame in words, for a message.
  func describe(_ frame: FrameNumber) -> String {
    guard memory.contains(frame) else {
      return "frame \(frame.rawValue), which does not exist"
    }
    let word = TypeWord(
      rawValue: UInt32(
        truncatingIfNeeded: descriptors.load(.typeWord, of: frame)))
    let state = word.kind == .table ? " in state \(word.state)" : ""
    return "frame \(frame.rawValue): \(word.kind)\(state)"
  }
}
