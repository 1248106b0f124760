// SPDX-License-Identifier: Apache-2.0

@testable import Fallow

/// A machine on which an operation makes one access at a time.
@safe
struct SteppingMachine: Platform, @unchecked Sendable {
  typealias Interruption = Stop

  let reference: Unmanaged<Stepper>

  var stepper: Stepper { unsafe reference.takeUnretainedValue() }

  // MARK: Table entries

  func load(_ entry: PhysicalAddress) throws(Stop) -> UInt64 {
    try entryAccess(.loadEntry, entry) { $0 }
  }

  func store(_ value: UInt64, to entry: PhysicalAddress) throws(Stop) {
    _ = try entryAccess(.storeEntry, entry) { _ in value }
  }

  func exchange(
    _ value: UInt64, at entry: PhysicalAddress
  ) throws(Stop) -> UInt64 {
    try entryAccess(.exchangeEntry, entry) { _ in value }
  }

  func compareExchange(
    _ entry: PhysicalAddress, expected: UInt64, desired: UInt64
  ) throws(Stop) -> UInt64 {
    try entryAccess(.compareExchangeEntry, entry) {
      $0 == expected ? desired : $0
    }
  }

  /// A shared access to an entry of a frame that must not be free.
  private func entryAccess(
    _ kind: Access, _ entry: PhysicalAddress,
    _ change: (UInt64) -> UInt64
  ) throws(Stop) -> UInt64 {
    try stepper.access(kind, at: entry.rawValue, isShared: true) {
      (state) throws(Stop) in
      let frame = FrameNumber(containing: entry)
      if state.isFree(frame) {
        throw stepper.fail("\(kind) in frame \(frame.rawValue), which is free")
      }
      let place = state.place(entry)
      let old = state.words[place]
      state.words[place] = change(old)
      return old
    }
  }

  /// A frame keeps only the few entries of the tiny format.
  func fill(
    _ entry: PhysicalAddress, count: Int, first: UInt64, step: UInt64
  ) throws(Stop) {
    _ = try stepper.access(.fill, at: entry.rawValue, isShared: false) {
      (state) throws(Stop) in
      let start = state.place(entry)
      let room =
        SteppingState.entriesPerTable - start % SteppingState.entriesPerTable
      for index in 0..<min(count, room) {
        state.words[start + index] = first &+ UInt64(index) &* step
      }
      return 0
    }
  }

  // MARK: Descriptors

  func load(
    _ field: DescriptorField, of frame: FrameNumber
  ) throws(Stop) -> UInt64 {
    try fieldAccess(.loadField, field, frame, isShared: field == .live) { $0 }
  }

  func store(
    _ value: UInt64, to field: DescriptorField, of frame: FrameNumber
  ) throws(Stop) {
    _ = try fieldAccess(.storeField, field, frame, isShared: false) { _ in
      value
    }
  }

  func compareExchange(
    _ field: DescriptorField, of frame: FrameNumber,
    expected: UInt64, desired: UInt64
  ) throws(Stop) -> UInt64 {
    try fieldAccess(.compareExchangeField, field, frame, isShared: true) {
      $0 == expected ? desired : $0
    }
  }

  func add(
    _ delta: Int64, to field: DescriptorField, of frame: FrameNumber
  ) throws(Stop) -> UInt64 {
    try fieldAccess(.addField, field, frame, isShared: true) {
      $0 &+ UInt64(bitPattern: delta)
    } &+ UInt64(bitPattern: delta)
  }

  private func fieldAccess(
    _ kind: Access, _ field: DescriptorField, _ frame: FrameNumber,
    isShared: Bool, _ change: (UInt64) -> UInt64
  ) throws(Stop) -> UInt64 {
    let address = frame.rawValue << 8 | UInt64(field.rawValue)
    return try stepper.access(kind, at: address, isShared: isShared) {
      (state) throws(Stop) in
      if state.isFree(frame) {
        throw stepper.fail(
          "\(kind) of frame \(frame.rawValue)'s \(field), which is free")
      }
      let place = state.place(field, of: frame)
      let old = state.words[place]
      state.words[place] = change(old)
      return old
    }
  }

  // MARK: The kernel's own words

  func load(_ word: KernelWord) throws(Stop) -> UInt64 {
    try wordAccess(.loadWord, word) { $0 }
  }

  func compareExchange(
    _ word: KernelWord, expected: UInt64, desired: UInt64
  ) throws(Stop) -> UInt64 {
    try wordAccess(.compareExchangeWord, word) {
      $0 == expected ? desired : $0
    }
  }

  func exchange(
    _ value: UInt64, at word: KernelWord
  ) throws(Stop) -> UInt64 {
    try wordAccess(.exchangeWord, word) { _ in value }
  }

  /// Retries are left out: see ``scheduleWorker(after:)``.
  func count(_ delta: Int64, at word: KernelWord) throws(Stop) {
    if word == .retries { return }
    _ = try wordAccess(.count, word, isShared: false) {
      $0 &+ UInt64(bitPattern: delta)
    }
  }

  func counted(at word: KernelWord) throws(Stop) -> UInt64 { try load(word) }

  private func wordAccess(
    _ kind: Access, _ word: KernelWord, isShared: Bool = true,
    _ change: (UInt64) -> UInt64
  ) throws(Stop) -> UInt64 {
    try stepper.access(kind, at: UInt64(word.index), isShared: isShared) {
      (state) throws(Stop) in
      let place = state.place(word)
      let old = state.words[place]
      state.words[place] = change(old)
      return old
    }
  }

  // MARK: Frames

  func allocate(order: Int) throws(Stop) -> FrameNumber {
    let frame = try stepper.access(.allocate, isShared: true) {
      (state) throws(Stop) in
      if state.free == 0 { return FrameNumber.none.rawValue }
      let index = UInt64(state.free.trailingZeroBitCount)
      state.free &= state.free - 1
      return SteppingState.firstFrame + index
    }
    return FrameNumber(frame)
  }

  func free(_ block: FrameNumber, order: Int) throws(Stop) {
    _ = try stepper.access(.free, at: block.rawValue, isShared: true) {
      (state) throws(Stop) in
      if state.isFree(block) {
        throw stepper.fail("frame \(block.rawValue) is freed twice")
      }
      state.free |= state.bit(block)
      return 0
    }
  }

  // MARK: CPUs

  var cpuCount: Int { stepper.state.actors.count - 1 }

  func currentCPU() throws(Stop) -> Int {
    let actor = UInt64(stepper.actor)
    return Int(
      try stepper.access(.currentCPU, isShared: false) { _ throws(Stop) in
        actor
      })
  }

  func publish(_ range: VirtualRange, of root: FrameNumber?) {}

  func flush(
    _ range: VirtualRange, of root: FrameNumber?, _ scope: FlushScope
  ) throws(Stop) {
    _ = try stepper.access(
      .flush, at: range.start.rawValue, isShared: true
    ) { (state) throws(Stop) in
      state.heldByCPUs = state.reachable
      return 0
    }
  }

  func enterReadSection() throws(Stop) { try setReading(true) }

  func leaveReadSection() throws(Stop) { try setReading(false) }

  private func setReading(_ isReading: Bool) throws(Stop) {
    let actor = stepper.actor
    _ = try stepper.access(
      isReading ? .enterReadSection : .leaveReadSection, isShared: true
    ) { (state) throws(Stop) in
      state.actors[actor].isReading = isReading
      for other in state.actors.indices where !isReading {
        state.actors[other].awaited &= ~(1 << UInt64(actor))
      }
      return 0
    }
  }

  /// Two accesses: the readers inside now, and that all of them have left.
  func awaitReaders() throws(Stop) {
    let actor = stepper.actor
    _ = try stepper.access(.awaitReaders, at: 0, isShared: true) {
      (state) throws(Stop) in
      for other in state.actors.indices where state.actors[other].isReading {
        state.actors[actor].awaited |= 1 << UInt64(other)
      }
      return 0
    }
    _ = try stepper.access(.awaitReaders, at: 1, isShared: true) {
      (state) throws(Stop) in
      if state.actors[actor].awaited != 0 { throw .blocked }
      return 0
    }
  }

  func hasDescriptor(_ frame: FrameNumber) -> Bool { true }

  // MARK: Scheduling

  func lock(_ lock: KernelLock) throws(Stop) {
    _ = try stepper.access(.lock, at: UInt64(lock.rawValue), isShared: true) {
      (state) throws(Stop) in
      if state.words[state.place(lock)] != 0 { throw .blocked }
      state.words[state.place(lock)] = 1
      return 0
    }
  }

  func unlock(_ lock: KernelLock) throws(Stop) {
    _ = try stepper.access(.unlock, at: UInt64(lock.rawValue), isShared: true) {
      (state) throws(Stop) in
      state.words[state.place(lock)] = 0
      return 0
    }
  }

  func readersHaveLeft() throws(Stop) -> Bool {
    try stepper.access(.readersHaveLeft, isShared: true) {
      (state) throws(Stop) in
      state.actors.contains(where: \.isReading) ? 0 : 1
    } == 1
  }

  // MARK: IOMMUs, which the stepping driver plays

  func load(_ register: IOMMURegister) throws(Stop) -> UInt64 { 0 }
  func store(_ value: UInt64, to register: IOMMURegister) throws(Stop) {}
  func await(_ condition: IOMMUCondition) throws(Stop) {}
  func isolate(_ device: Device) throws(Stop) {}

  /// A retry is a run like any other, and each may fail and ask for one more: it
  /// is left out, so that a search ends.
  func scheduleWorker(after delay: UInt64) throws(Stop) {
    if delay > 0 { return }
    _ = try stepper.access(.scheduleWorker, isShared: true) {
      (state) throws(Stop) in
      state.isWorkerScheduled = true
      return 0
    }
  }

  func attempt() throws(Stop) { try stepper.attempt() }

  func dropped(_ frame: FrameNumber) { stepper.dropped(frame) }

  func fault(
    _ fault: LifecycleFault, at frame: FrameNumber
  ) throws(Stop) -> Never {
    throw stepper.fail("\(fault) at frame \(frame.rawValue)")
  }
}

/// An IOMMU that may hold whatever it could walk to, forgets when it completes
/// a request, and takes its time.
struct SteppingDriver: DeviceExpelling {
  typealias Format = TinyFormat<TwoLevels>

  let platform: SteppingMachine

  var kernelHalf: VirtualRange { TinyFormat<TwoLevels>.kernelHalf }

  func attach(
    _ root: FrameNumber, to device: Device, as pasid: PASID
  ) throws(Stop) -> BindOutcome {
    _ = try platform.stepper.access(.attach, isShared: true) {
      (state) throws(Stop) in
      state.isAttached = true
      return 0
    }
    return .bound
  }

  func detach(_ device: Device, from pasid: PASID) throws(Stop) {
    _ = try platform.stepper.access(.detach, isShared: true) {
      (state) throws(Stop) in
      state.isAttached = false
      return 0
    }
  }

  func forget(_ device: Device, as pasid: PASID) throws(Stop) {}

  func isAttached(
    _ device: Device, to root: FrameNumber, as pasid: PASID
  ) -> Bool { true }

  func isAttached(_ pasid: PASID, on iommu: Int) throws(Stop) -> Bool {
    try platform.stepper.access(.isAttached, isShared: true) {
      (state) throws(Stop) in state.isAttached ? 1 : 0
    } == 1
  }

  func isolate(_ device: Device) throws(Stop) {}

  func remove(_ device: Device) throws(Stop) {}

  func mergesSpaces(on iommu: Int) throws(Stop) -> Bool { false }

  func submit(_ request: InvalidationRequest, to iommu: Int) throws(Stop) {
    _ = try platform.stepper.access(.submit, isShared: true) {
      (state) throws(Stop) in
      state.queue.hasRequest = true
      return 0
    }
  }

  func fence(_ iommu: Int) throws(Stop) -> UInt64 {
    try platform.stepper.access(.fence, isShared: true) {
      (state) throws(Stop) in
      if state.queue.hasRequest { state.queue.isFenced = true }
      state.queue.hasRequest = false
      state.queue.issued += 1
      return state.queue.issued
    }
  }

  func wait(for ticket: UInt64, on iommu: Int) throws(Stop) -> Bool {
    try platform.stepper.access(.wait, isShared: true) {
      (state) throws(Stop) in
      guard state.queue.done >= ticket else { throw .blocked }
      return state.queue.failed < ticket ? 1 : 0
    } == 1
  }
}

extension Stepper {
  /// The library's own scheme on this machine.
  var reclaimer: Reclaimer<SteppingDriver> {
    Reclaimer(sharing: Sharing(driver: SteppingDriver(platform: machine)))
  }
}
