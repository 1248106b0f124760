@testable import Fallow

/// What a walker or another CPU could see of an operation.
enum Event: Equatable {
  case linked(FrameNumber)
  case cleared(FrameNumber)
  case flushed(VirtualRange)
  case retired(FrameNumber)
  case awaitedReaders
  case submitted(InvalidationRequest, iommu: Int)
  case fenced(iommu: Int)
  case waited(iommu: Int, answered: Bool)
  case parked(FrameNumber)
  case released(FrameNumber, order: Int)
}

/// The kind of an access.
enum Access: UInt8 {
  case loadEntry, storeEntry, exchangeEntry, compareExchangeEntry, fill
  case loadField, storeField, compareExchangeField, addField
  case loadWord, compareExchangeWord, exchangeWord, count
  case allocate, free
  case attach, detach, isAttached
  case currentCPU, flush, enterReadSection, leaveReadSection, awaitReaders,
    readersHaveLeft
  case lock, unlock, scheduleWorker, attempt
  case submit, fence, wait
}

/// A hosted kernel that tells of each access before it is made, and records
/// what becomes of tables.
struct SpyKernel: Platform {
  typealias Format = X86FourLevel

  let kernel: HostedKernel

  var machine: HostedMachine { kernel.machine }

  private func access(_ access: Access) {
    if let hook = machine.hook { hook(access) }
  }

  private func record(_ event: Event) {
    if machine.isRecording { machine.events.append(event) }
  }

  // MARK: Table entries

  func load(_ entry: PhysicalAddress) -> UInt64 {
    access(.loadEntry)
    return kernel.load(entry)
  }

  func store(_ value: UInt64, to entry: PhysicalAddress) {
    access(.storeEntry)
    note(entry, from: kernel.load(entry), to: value)
    kernel.store(value, to: entry)
  }

  func exchange(_ value: UInt64, at entry: PhysicalAddress) -> UInt64 {
    access(.exchangeEntry)
    let old = kernel.exchange(value, at: entry)
    note(entry, from: old, to: value)
    return old
  }

  func compareExchange(
    _ entry: PhysicalAddress, expected: UInt64, desired: UInt64
  ) -> UInt64 {
    access(.compareExchangeEntry)
    let old = kernel.compareExchange(
      entry, expected: expected, desired: desired)
    if old == expected { note(entry, from: old, to: desired) }
    return old
  }

  func fill(
    _ entry: PhysicalAddress, count: Int, first: UInt64, step: UInt64
  ) {
    access(.fill)
    kernel.fill(entry, count: count, first: first, step: step)
  }

  /// Records which tables went out of reach or came into it with an entry.
  private func note(_ slot: PhysicalAddress, from old: UInt64, to new: UInt64) {
    guard machine.isRecording, old != new else { return }
    let level = kernel.typeWord(of: FrameNumber(containing: slot)).level
    forEachTable(under: old, level: level) { record(.cleared($0)) }
    forEachTable(under: new, level: level) { record(.linked($0)) }
  }

  private func forEachTable(
    under entry: UInt64, level: Int, _ body: (FrameNumber) -> Void
  ) {
    guard Format.isPresent(entry), !Format.isLeaf(entry, level: level)
    else { return }
    let table = Format.table(in: entry, level: level)
    if level > 2 {
      for index in 0..<Format.entriesPerTable {
        forEachTable(
          under: kernel.load(table.address + UInt64(index * 8)),
          level: level - 1, body)
      }
    }
    body(table)
  }

  // MARK: Descriptors

  func load(_ field: DescriptorField, of frame: FrameNumber) -> UInt64 {
    access(.loadField)
    return kernel.load(field, of: frame)
  }

  func store(
    _ value: UInt64, to field: DescriptorField, of frame: FrameNumber
  ) {
    access(.storeField)
    if field == .typeWord, machine.isRecording {
      let old = kernel.typeWord(of: frame)
      let new = TypeWord(rawValue: UInt32(truncatingIfNeeded: value))
      if new.state == .quarantined && old.state == .unlinked {
        record(.retired(frame))
      }
      if new.state == .parked { record(.parked(frame)) }
      if new.state == .retained {
        record(.released(frame, order: new.order))
      }
    }
    kernel.store(value, to: field, of: frame)
  }

  func compareExchange(
    _ field: DescriptorField, of frame: FrameNumber,
    expected: UInt64, desired: UInt64
  ) -> UInt64 {
    access(.compareExchangeField)
    return kernel.compareExchange(
      field, of: frame, expected: expected, desired: desired)
  }

  func add(
    _ delta: Int64, to field: DescriptorField, of frame: FrameNumber
  ) -> UInt64 {
    access(.addField)
    return kernel.add(delta, to: field, of: frame)
  }

  // MARK: The kernel's own words

  func load(_ word: KernelWord) -> UInt64 {
    access(.loadWord)
    return kernel.load(word)
  }

  func compareExchange(
    _ word: KernelWord, expected: UInt64, desired: UInt64
  ) -> UInt64 {
    access(.compareExchangeWord)
    return kernel.compareExchange(word, expected: expected, desired: desired)
  }

  func exchange(_ value: UInt64, at word: KernelWord) -> UInt64 {
    access(.exchangeWord)
    return kernel.exchange(value, at: word)
  }

  func counted(at word: KernelWord) -> UInt64 { kernel.counted(at: word) }

  func count(_ delta: Int64, at word: KernelWord) {
    access(.count)
    kernel.count(delta, at: word)
  }

  // MARK: Frames and CPUs

  func allocate(order: Int) -> FrameNumber {
    access(.allocate)
    return kernel.allocate(order: order)
  }

  func free(_ block: FrameNumber, order: Int) {
    access(.free)
    record(.released(block, order: order))
    kernel.free(block, order: order)
  }

  var cpuCount: Int { kernel.cpuCount }

  func currentCPU() -> Int {
    access(.currentCPU)
    return kernel.currentCPU()
  }

  func flushCPUs(_ range: VirtualRange) {
    access(.flush)
    record(.flushed(range))
  }

  func enterReadSection() {
    access(.enterReadSection)
    kernel.enterReadSection()
  }

  func leaveReadSection() {
    access(.leaveReadSection)
    kernel.leaveReadSection()
  }

  func awaitReaders() {
    access(.awaitReaders)
    kernel.awaitReaders()
    record(.awaitedReaders)
  }

  func readersHaveLeft() -> Bool {
    access(.readersHaveLeft)
    let haveLeft = kernel.readersHaveLeft()
    if haveLeft { record(.awaitedReaders) }
    return haveLeft
  }

  // MARK: Scheduling

  func lock(_ lock: KernelLock) {
    access(.lock)
    kernel.lock(lock)
  }

  func unlock(_ lock: KernelLock) {
    access(.unlock)
    kernel.unlock(lock)
  }

  func scheduleWorker(after delay: UInt64) {
    access(.scheduleWorker)
    kernel.scheduleWorker(after: delay)
  }

  func load(_ register: IOMMURegister) -> UInt64 { kernel.load(register) }

  func store(_ value: UInt64, to register: IOMMURegister) {
    kernel.store(value, to: register)
  }

  func await(_ condition: IOMMUCondition) { kernel.await(condition) }

  func isolate(_ device: Device) { kernel.isolate(device) }

  func attempt() { access(.attempt) }

  func dropped(_ frame: FrameNumber) { kernel.dropped(frame) }

  func fault(_ fault: LifecycleFault, at frame: FrameNumber) -> Never {
    kernel.fault(fault, at: frame)
  }
}
