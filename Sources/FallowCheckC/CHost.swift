// SPDX-License-Identifier: Apache-2.0

internal import Fallow
internal import FallowExplorer
internal import FallowKernelC

/// What a compiled program asks of the explorer's machine.
///
/// The runtime calls these from its hooks; each returns whether the turn is
/// over. A program is native code, so what unwinds it is the runtime: the Swift
/// error that ends a turn is kept here meanwhile.
struct CHost {
  let machine: SteppingMachine
  let image: CImage
  var stop = Stop.step
  /// How many accesses the operation had made when it came to the service that
  /// it is at; none is smaller if it is at none.
  var serviceStart = Int.max
  /// What the program did wrong last, if the runtime found it.
  var fault: (oracle: Oracle, detail: String?)?
  /// The slot that the operation works on.
  var slot: Slot

  /// The functions that the runtime calls.
  nonisolated(unsafe) static let table = {
    let table = UnsafeMutablePointer<fallow_host>.allocate(capacity: 1)
    unsafe table.initialize(
      to: fallow_host(
        memory: { unsafe hostMemory($0, $1, $2, $3, $4, $5) },
        entry: { unsafe hostEntry($0, $1, $2, $3, $4, $5) },
        service: { unsafe hostService($0, $1, $2, $3, $4, $5) },
        fault: { unsafe hostFault($0, $1, $2) },
        peek: { unsafe host($0).pointee.machine.peek(Int($1)) },
        share: { unsafe host($0).pointee.machine.share(Int($1), as: $2) },
        progress: {
          let progress = unsafe host($0).pointee.machine.progress
          unsafe $1!.pointee = Int32(progress.made)
          unsafe $2!.pointee = Int32(progress.logged)
        },
        forget: { context, length in
          unsafe carryOut(context) { (machine) throws(Stop) in
            try machine.forgetLog(after: Int(length))
          }
        }))
    return unsafe UnsafePointer(table)
  }()
}

@inline(__always)
private func host(
  _ context: UnsafeMutableRawPointer?
) -> UnsafeMutablePointer<CHost> {
  unsafe context!.assumingMemoryBound(to: CHost.self)
}

/// Carries an access out; true if that ended the turn.
@inline(__always)
private func carryOut(
  _ context: UnsafeMutableRawPointer?,
  _ body: (SteppingMachine) throws(Stop) -> Void
) -> Bool {
  let host = unsafe host(context)
  do throws(Stop) {
    try unsafe body(host.pointee.machine)
    return false
  } catch {
    unsafe host.pointee.stop = error
    return true
  }
}

private func hostMemory(
  _ context: UnsafeMutableRawPointer?, _ at: fallow_place,
  _ update: fallow_update, _ operand: UInt64, _ expected: UInt64,
  _ result: UnsafeMutablePointer<UInt64>?
) -> Bool {
  unsafe carryOut(context) { (machine) throws(Stop) in
    let place = MemoryPlace(at)
    let part = WordPart(at)
    switch update {
    case .FALLOW_UPDATE_NONE:
      unsafe result!.pointee = try machine.load(place, part)
    case .FALLOW_UPDATE_STORE: try machine.store(operand, to: place, part)
    default:
      unsafe result!.pointee = try machine.update(
        place, part, MemoryUpdate(update), operand, expected: expected)
    }
  }
}

extension MemoryPlace {
  @inline(__always)
  fileprivate init(_ place: fallow_place) {
    self.init(frame: Int(place.frame), word: Int(place.word))
  }
}

extension WordPart {
  @inline(__always)
  fileprivate init(_ place: fallow_place) {
    self.init(first: Int(place.first), count: Int(place.count))
  }
}

extension MemoryUpdate {
  @inline(__always)
  fileprivate init(_ update: fallow_update) {
    self =
      switch update {
      case .FALLOW_UPDATE_NONE, .FALLOW_UPDATE_STORE, .FALLOW_UPDATE_EXCHANGE:
        .exchange
      case .FALLOW_UPDATE_ADD: .add
      case .FALLOW_UPDATE_COMPARE_EXCHANGE: .compareExchange
      case .FALLOW_UPDATE_AND: .and
      case .FALLOW_UPDATE_OR: .or
      case .FALLOW_UPDATE_XOR: .xor
      }
  }
}

private func hostEntry(
  _ context: UnsafeMutableRawPointer?, _ access: fallow_entry_access,
  _ address: UInt64, _ operand: UInt64, _ expected: UInt64,
  _ result: UnsafeMutablePointer<UInt64>?
) -> Bool {
  unsafe carryOut(context) { (machine) throws(Stop) in
    let entry = PhysicalAddress(address)
    switch access {
    case .FALLOW_ENTRY_LOAD: unsafe result!.pointee = try machine.load(entry)
    case .FALLOW_ENTRY_STORE: try machine.store(operand, to: entry)
    case .FALLOW_ENTRY_EXCHANGE:
      unsafe result!.pointee = try machine.exchange(operand, at: entry)
    case .FALLOW_ENTRY_COMPARE_EXCHANGE:
      unsafe result!.pointee = try machine.compareExchange(
        entry, expected: expected, desired: operand)
    }
  }
}

private func hostService(
  _ context: UnsafeMutableRawPointer?, _ service: fallow_service,
  _ at: fallow_place, _ first: UInt64, _ second: UInt64,
  _ result: UnsafeMutablePointer<UInt64>?
) -> Bool {
  let host = unsafe host(context)
  let slot = unsafe host.pointee.slot
  let image = unsafe host.pointee.image
  unsafe host.pointee.serviceStart = host.pointee.machine.progress.made
  let isOver = unsafe carryOut(context) { (machine) throws(Stop) in
    unsafe result!.pointee = try machine.serve(
      service, MemoryPlace(at), WordPart(at), first, second, slot, image)
  }
  if !isOver { unsafe host.pointee.serviceStart = .max }
  return isOver
}

extension SteppingMachine {
  fileprivate func serve(
    _ service: fallow_service, _ place: MemoryPlace, _ part: WordPart,
    _ first: UInt64, _ second: UInt64, _ slot: Slot, _ image: CImage
  ) throws(Stop) -> UInt64 {
    switch service {
    case .FALLOW_LOCK: try lock(place, part)
    case .FALLOW_UNLOCK: try unlock(place, part)
    case .FALLOW_AWAIT: try waitUntilNonzero(place, part)
    case .FALLOW_DRAIN_STORES: try drainStores()
    case .FALLOW_ENTER_READ_SECTION: try enterReadSection()
    case .FALLOW_LEAVE_READ_SECTION: try leaveReadSection()
    case .FALLOW_AWAIT_READERS: try awaitReaders()
    case .FALLOW_DISABLE_INTERRUPTS: try disableInterrupts()
    case .FALLOW_ENABLE_INTERRUPTS: try enableInterrupts()
    case .FALLOW_INTERRUPT_CPUS: try interruptCPUs()
    case .FALLOW_QUEUE_WORK: return try putOff(.worker, first, second) ? 1 : 0
    case .FALLOW_QUEUE_CALLBACK:
      return try putOff(.callback, first, second) ? 1 : 0
    case .FALLOW_FLUSH_WORK:
      if first == 0 { try flushWork() } else { try flushCalls(first) }
    case .FALLOW_FLUSH_CALLBACKS: try flushCalls(nil)
    case .FALLOW_CANCEL_WORK: return try cancelCall(first) ? 1 : 0
    case .FALLOW_CHOOSE:
      return UInt64(try choose(Int(truncatingIfNeeded: first)))
    case .FALLOW_TAKE_TABLE: return try takeTable() ?? .max
    case .FALLOW_FREE_FRAME: try free(FrameNumber(first), order: 0)
    case .FALLOW_FLUSH_CPUS:
      let range = VirtualRange(from: first, to: second)
      if image.machine.broadcast_flush != 0 {
        try broadcastFlush(range)
      } else {
        try flushCPUs(range)
      }
    case .FALLOW_FLUSH_LEAVES:
      try flush(VirtualRange(from: first, to: second), of: nil, .leaves)
    case .FALLOW_FLUSH_OWN_CPU:
      try flushOwnCPU(VirtualRange(from: first, to: second))
    case .FALLOW_FLUSH_SOME_CPUS:
      try flushCPUs(
        VirtualRange(from: first, to: second),
        on: UInt8(truncatingIfNeeded: place.word))
    case .FALLOW_FLUSH_ASID:
      try flushCPUs(
        VirtualRange(from: 0, to: .max), on: .max,
        asid: Int(truncatingIfNeeded: first))
    case .FALLOW_LOAD_ASID:
      let asid = Int(Int32(truncatingIfNeeded: first))
      try loadASID(asid < 0 ? nil : asid, keepsCaches: second != 0)
    case .FALLOW_WRITE_BACK:
      let entry = PhysicalAddress(first & ~7)
      let entries = (first & 7 &+ min(second, FrameNumber.size) &+ 7) / 8
      try writeBack(entry, count: min(Int(entries), entriesPerTable))
    case .FALLOW_INVALIDATE:
      return try sharing().invalidate(VirtualRange(from: first, to: second))
        ? 1 : 0
    case .FALLOW_CURRENT_CPU: return UInt64(try currentCPU())
    case .FALLOW_RELEASE_PAGES: try releasePages(of: slot)
    case .FALLOW_BIND:
      return try share(
        true, first, second, of: iommus(image))
    case .FALLOW_UNBIND:
      return try share(
        false, first, second, of: iommus(image))
    }
    return 0
  }

  /// The IOMMUs that the program has.
  private func iommus(_ image: CImage) -> Int {
    image.machine.iommus == 0 ? 0 : iommus
  }

  private func share(
    _ isBind: Bool, _ iommu: UInt64, _ pasid: UInt64, of count: Int
  ) throws(Stop) -> UInt64 {
    guard iommu < UInt64(count), pasid < UInt64(pasids) else {
      throw fail(.outOfBounds)
    }
    let slot = Slot(number: 0, iommu: Int(iommu), pasid: Int(pasid))
    let root = slot.root(on: self)
    return isBind
      ? try sharing().bind(root, to: slot.device, as: slot.pasidNumber)
        == .bound ? 1 : 0
      : try sharing().unbind(root, from: slot.device, as: slot.pasidNumber)
        == .left ? 1 : 0
  }
}

extension VirtualRange {
  /// The addresses from one to another; to the highest if that is all ones.
  fileprivate init(from start: UInt64, to end: UInt64) {
    self.init(
      start: VirtualAddress(start),
      size: end == .max ? ~start : end > start ? end - start : 0)
  }
}

private func hostFault(
  _ context: UnsafeMutableRawPointer?, _ fault: fallow_fault,
  _ detail: UnsafePointer<CChar>?
) {
  let host = unsafe host(context)
  let text = unsafe detail.map { unsafe String(cString: $0) }
  unsafe host.pointee.fault = (Oracle(fault), text)
  unsafe host.pointee.stop = host.pointee.machine.fail(Oracle(fault), text)
}

extension Oracle {
  fileprivate init(_ fault: fallow_fault) {
    self =
      switch fault {
      case .FALLOW_FAULT_ADDRESS: .badAddress
      case .FALLOW_FAULT_INSTRUCTION: .badInstruction
      case .FALLOW_FAULT_STACK_OVERFLOW: .stackOverflow
      case .FALLOW_FAULT_STALE_STACK: .staleStack
      case .FALLOW_FAULT_FREE: .badFree
      case .FALLOW_FAULT_USE_AFTER_FREE: .useAfterFree
      case .FALLOW_FAULT_MEMORY: .outOfMemory
      case .FALLOW_FAULT_UNANNOUNCED: .unannouncedStore
      case .FALLOW_FAULT_ENDLESS_LOOP: .endlessLoop
      case .FALLOW_FAULT_ASSERTION: .assertion
      case .FALLOW_FAULT_SLEEP: .sleepInAtomic
      case .FALLOW_FAULT_LOCKS: .lockDiscipline
      }
  }
}
