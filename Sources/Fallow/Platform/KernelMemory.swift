// SPDX-License-Identifier: Apache-2.0

public import Synchronization

/// A kernel's memory with all that the library keeps about it: descriptors,
/// words, an allocator and locks, laid out at the start of the free memory.
///
/// **What it promises.** One call takes what bookkeeping needs from the memory
/// behind the kernel's image, clears it, and gives the rest to a
/// ``BuddyAllocator`` behind a ``SpinLock``: nothing of it is an array whose
/// size the kernel must know when it is linked. The bookkeeping takes 32 bytes
/// for each frame, and two pages or more for the rest.
///
/// It is a handle of one pointer: a platform holds it, and ``ManagedMemory``
/// answers from it.
@frozen
@safe
public struct KernelMemory: BitwiseCopyable, @unchecked Sendable {
  /// What lies behind the handle.
  @frozen
  @usableFromInline
  struct State: ~Copyable {
    @usableFromInline let directMap: DirectMap
    @usableFromInline let cpuCount: Int
    @usableFromInline var allocator: BuddyAllocator
    @usableFromInline let allocatorLock: SpinLock
    @usableFromInline let locks: InlineArray<40, SpinLock>
    @usableFromInline let isWorkerDue: Atomic<Bool>
    @usableFromInline let crossCall: CrossCall

    @usableFromInline
    init(_ directMap: DirectMap, cpuCount: Int) {
      self.directMap = directMap
      self.cpuCount = cpuCount
      allocator = BuddyAllocator(over: directMap.descriptors, zone: .first)
      allocatorLock = SpinLock()
      locks = InlineArray { _ in SpinLock() }
      isWorkerDue = Atomic(false)
      crossCall = CrossCall()
    }
  }

  @usableFromInline let state: UnsafeMutablePointer<State>

  /// Lays the bookkeeping out, and gives the allocator what lies behind it.
  ///
  /// Call it once, before other CPUs run.
  ///
  /// - Parameters:
  ///   - memory: Where the first byte of the memory is mapped, all of it in one
  ///     piece; not null, so the memory of a kernel that is mapped where it lies
  ///     does not begin at address 0.
  ///   - firstAddress: The physical address of that byte.
  ///   - size: How much memory there is, in bytes.
  ///   - firstFree: The physical address of the first byte that the kernel does
  ///     not use: the end of its image.
  ///   - cpuCount: How many CPUs the machine has, 1 or more.
  /// - Returns: The memory, or nil if `memory` or `firstAddress` is not aligned
  ///   to a frame, or what is free does not hold the bookkeeping.
  /// - Complexity: O(frames)
  @unsafe
  public init?(
    at memory: UnsafeMutableRawPointer, firstAddress: PhysicalAddress,
    size: UInt64, firstFree: PhysicalAddress, cpuCount: Int = 1
  ) {
    let frames = size &>> FrameNumber.shift
    var layout = Layout(
      next: firstFree.rawValue, end: firstAddress.rawValue &+ size)
    guard cpuCount >= 1, firstFree.rawValue >= firstAddress.rawValue,
      firstAddress.rawValue % FrameNumber.size == 0,
      UInt64(UInt(bitPattern: memory)) % FrameNumber.size == 0,
      let state = layout.take(UInt64(MemoryLayout<State>.size)),
      let words = layout.take(UInt64(KernelWord.count(cpus: cpuCount)) &* 8),
      let descriptors = layout.take(
        frames &* UInt64(DescriptorTable.descriptorSize))
    else { return nil }
    func pointer(to address: UInt64) -> UnsafeMutableRawPointer {
      unsafe memory + Int(address &- firstAddress.rawValue)
    }
    let used = Int(layout.next &- state)
    unsafe pointer(to: state).initializeMemory(
      as: UInt8.self, repeating: 0, count: used)
    let map = unsafe DirectMap(
      memory: memory, firstAddress: firstAddress,
      descriptors: DescriptorTable(
        at: pointer(to: descriptors),
        firstFrame: FrameNumber(containing: firstAddress),
        frameCount: Int(frames)),
      words: pointer(to: words))
    unsafe self.state = pointer(to: state).bindMemory(
      to: State.self, capacity: 1)
    unsafe self.state.initialize(to: State(map, cpuCount: cpuCount))
    let first = FrameNumber(containing: PhysicalAddress(layout.next))
    let end = FrameNumber(containing: PhysicalAddress(layout.end))
    do throws(FrameError) {
      try unsafe self.state.pointee.allocator.add(
        first, count: Int(end.rawValue &- first.rawValue))
    } catch {
      return nil
    }
  }

  /// The part of the memory that is not given out yet.
  private struct Layout {
    var next: UInt64
    let end: UInt64

    /// Takes whole frames; their physical address, or nil if there are none.
    mutating func take(_ size: UInt64) -> UInt64? {
      let mask = FrameNumber.size &- 1
      let start = (next &+ mask) & ~mask
      let bytes = (size &+ mask) & ~mask
      guard start <= end, bytes <= end &- start else { return nil }
      next = start &+ bytes
      return start
    }
  }

  /// Where memory, descriptors and words are.
  @inlinable
  public var directMap: DirectMap { unsafe state.pointee.directMap }

  /// How many CPUs the machine has.
  @inlinable
  public var cpuCount: Int { unsafe state.pointee.cpuCount }

  /// How many frames nobody uses.
  ///
  /// Exact while nobody takes or gives back any.
  @inlinable
  public var freeFrames: Int { unsafe state.pointee.allocator.freeFrames }
}
