// SPDX-License-Identifier: Apache-2.0

import Synchronization

@testable import Fallow

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Heap memory and threads in the place of a machine.
///
/// It owns what ``HostedKernel`` is a handle of; `run` frees it.
@safe
final class HostedMachine: @unchecked Sendable {
  static let firstFrame: UInt64 = 16

  let cpuCount: Int
  let frameCount: Int
  let directMap: DirectMap
  /// What a spying kernel saw, if it records.
  var events: [Event] = []
  var isRecording = false
  /// After which delays the worker was scheduled, if it records.
  var delays: [UInt64] = []
  /// Runs before each access of a spying kernel.
  var hook: ((Access) -> Void)?
  /// The spaces that were attached and are not forgotten; changed under the
  /// sharing lock.
  var attached: Set<Attachment> = []
  /// Runs when a recording driver waits.
  var onWait: (() -> Void)?
  /// Which IOMMUs do not answer.
  var failing = IOMMUSet(rawValue: 0)
  /// What the CPUs can do.
  var paging = PagingFeatures()
  /// How many blocks there are before frames run out.
  var allocationsLeft = Int.max

  let memory: UnsafeMutableRawPointer
  let control: UnsafeMutablePointer<Atomic<UInt64>>
  private let descriptors: UnsafeMutableRawPointer
  private let words: UnsafeMutableRawPointer
  private var allocator: BuddyAllocator
  private var cache: FrameCache
  /// Whether frames come from a cache in front of the allocator.
  var usesCache = false
  /// How many frames were handed out as zero for a table.
  private(set) var zeroesForTables = 0

  /// The CPU that the current thread plays.
  @TaskLocal static var cpu = 0

  private enum Control {
    static let worker = 0
    static let allocator = 1
    static let locks = 2
    static let readers = 2 + KernelLock.count
  }

  private init(frameCount: Int, cpuCount: Int) {
    self.frameCount = frameCount
    self.cpuCount = cpuCount
    func zeroed(_ bytes: Int) -> UnsafeMutableRawPointer {
      let memory = UnsafeMutableRawPointer.allocate(
        byteCount: bytes, alignment: Int(FrameNumber.size))
      unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
      return unsafe memory
    }
    unsafe memory = zeroed(frameCount * Int(FrameNumber.size))
    unsafe descriptors = zeroed(frameCount * DescriptorTable.descriptorSize)
    unsafe words = zeroed(KernelWord.count(cpus: cpuCount) * 8)
    unsafe control = zeroed((Control.readers + 2 * cpuCount) * 8)
      .assumingMemoryBound(to: Atomic<UInt64>.self)
    let first = FrameNumber(Self.firstFrame)
    let table = unsafe DescriptorTable(
      at: descriptors, firstFrame: first, frameCount: frameCount)
    unsafe directMap = DirectMap(
      memory: memory, firstAddress: first.address, descriptors: table,
      words: words)
    allocator = BuddyAllocator(over: table, zone: .first)
    do {
      try allocator.add(first, count: frameCount)
    } catch {
      fatalError("\(error)")
    }
    cache = FrameCache(over: table, zone: .first, capacity: 16)
  }

  deinit {
    unsafe memory.deallocate()
    unsafe descriptors.deallocate()
    unsafe words.deallocate()
    unsafe control.deallocate()
  }

  /// Runs `body` on a fresh machine.
  static func run(
    frames: Int = 1024, cpus: Int = 2,
    _ body: (HostedMachine) throws -> Void
  ) rethrows {
    let machine = HostedMachine(frameCount: frames, cpuCount: cpus)
    try withExtendedLifetime(machine) { try body(machine) }
  }

  var kernel: HostedKernel {
    unsafe HostedKernel(reference: Unmanaged.passUnretained(self))
  }

  var spy: SpyKernel { SpyKernel(kernel: kernel) }

  // MARK: Frames

  func allocate(order: Int) -> FrameNumber {
    lock(Control.allocator)
    defer { unlock(Control.allocator) }
    if allocationsLeft == 0 { return .none }
    allocationsLeft -= 1
    guard usesCache, order == 0 else { return allocator.allocate(order: order) }
    if cache.count == 0 {
      do {
        try cache.refill(from: &allocator)
      } catch {
        kernel.fault(error.fault, at: error.frame)
      }
    }
    let frame = cache.takeForTable()
    if frame != .none, kernel.typeWord(of: frame).isZeroForTable {
      zeroesForTables += 1
    }
    return frame
  }

  func free(_ block: FrameNumber, order: Int) {
    lock(Control.allocator)
    defer { unlock(Control.allocator) }
    precondition(
      kernel.load(.entryCount, of: block) != DescriptorField.endOfTable
        || isZero(block),
      "a table that has no entry left is not zero")
    do {
      if usesCache, order == 0 {
        if try cache.put(block) { return }
        try cache.drain(into: &allocator)
        let fits = try cache.put(block)
        precondition(fits, "half of a cache is room")
      } else {
        try allocator.free(block, order: order)
      }
    } catch {
      kernel.fault(error.fault, at: error.frame)
    }
  }

  /// Gives a frame to the allocator, past the cache.
  func giveBack(_ frame: FrameNumber) throws(FrameError) {
    try allocator.free(frame, order: 0)
  }

  /// Whether nothing stands in a frame.
  func isZero(_ frame: FrameNumber) -> Bool {
    unsafe UnsafeRawBufferPointer(
      start: directMap.pointer(to: frame.address),
      count: Int(FrameNumber.size)
    ).allSatisfy { $0 == 0 }
  }

  var freeFrames: Int { allocator.freeFrames }

  // MARK: Locks

  func lock(_ lock: KernelLock) {
    self.lock(Control.locks + Int(lock.rawValue))
  }
  func unlock(_ lock: KernelLock) {
    unlock(Control.locks + Int(lock.rawValue))
  }

  func isHeld(_ lock: KernelLock) -> Bool {
    unsafe control[Control.locks + Int(lock.rawValue)].load(
      ordering: .acquiring)
      != 0
  }

  private func lock(_ index: Int) {
    while unsafe control[index].exchange(1, ordering: .acquiring) != 0 {
      sched_yield()
    }
  }

  private func unlock(_ index: Int) {
    unsafe control[index].store(0, ordering: .releasing)
  }

  // MARK: Read sections: per CPU, how deep it is in one, and how many it left

  func enterReadSection() {
    unsafe control[Control.readers + 2 * Self.cpu].wrappingAdd(
      1, ordering: .sequentiallyConsistent)
  }

  func leaveReadSection() {
    let depth = Control.readers + 2 * Self.cpu
    let left = unsafe control[depth].wrappingSubtract(
      1, ordering: .sequentiallyConsistent
    ).newValue
    if left == 0 {
      unsafe control[depth + 1].wrappingAdd(
        1, ordering: .sequentiallyConsistent)
    }
  }

  func awaitReaders() {
    for cpu in 0..<cpuCount {
      let depth = Control.readers + 2 * cpu
      let before = unsafe control[depth + 1].load(
        ordering: .sequentiallyConsistent)
      while unsafe control[depth].load(ordering: .sequentiallyConsistent) != 0,
        unsafe control[depth + 1].load(ordering: .sequentiallyConsistent)
          == before
      {
        sched_yield()
      }
    }
  }

  // MARK: The worker

  func readersHaveLeft() -> Bool {
    (0..<cpuCount).allSatisfy {
      unsafe control[Control.readers + 2 * $0].load(
        ordering: .sequentiallyConsistent) == 0
    }
  }

  /// When the worker is due, as ``HostedMachine/control`` says it.
  private enum WakeUp {
    static let none: UInt64 = 0
    static let now: UInt64 = 1
    static let later: UInt64 = 2
  }

  /// A delay puts no run off that is due at once.
  func scheduleWorker(after delay: UInt64) {
    if isRecording { delays.append(delay) }
    if delay == 0 {
      unsafe control[Control.worker].store(
        WakeUp.now, ordering: .sequentiallyConsistent)
    } else {
      _ = unsafe control[Control.worker].compareExchange(
        expected: WakeUp.none, desired: WakeUp.later,
        ordering: .sequentiallyConsistent)
    }
  }

  /// Whether the worker was scheduled since this was last asked.
  func takeWakeUp() -> Bool {
    unsafe control[Control.worker].exchange(
      WakeUp.none, ordering: .sequentiallyConsistent) != WakeUp.none
  }

  /// Runs the worker as often as it is due at once.
  func runWorker<Scheme: ReclamationScheme>(
    _ scheme: Scheme
  ) where Scheme.P.Interruption == Never {
    while unsafe control[Control.worker].compareExchange(
      expected: WakeUp.now, desired: WakeUp.none,
      ordering: .sequentiallyConsistent
    ).exchanged {
      scheme.reclaim()
    }
  }
}
