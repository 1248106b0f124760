// SPDX-License-Identifier: Apache-2.0

/// A platform whose memory is a ``KernelMemory``.
///
/// **What it promises.** All of ``DirectMapped`` and ``FrameSource``: blocks come
/// from one ``BuddyAllocator`` behind a ``SpinLock``. What must not come back,
/// a frame that is free already or a table in use, stops the kernel by
/// ``Interruptible/fault(_:at:)``.
///
/// Interrupts stay as they are. A kernel whose interrupt handlers unmap, or take
/// frames, provides ``disableInterrupts()`` and ``restoreInterrupts(_:)``; else
/// a handler could wait for the lock that the code below it holds.
public protocol ManagedMemory: DirectMapped, FrameSource {
  /// The memory.
  var memory: KernelMemory { get }

  /// Disables interrupts on this CPU.
  ///
  /// - Returns: Whether they were enabled.
  func disableInterrupts() -> Bool

  /// Enables interrupts on this CPU again, if they were enabled.
  ///
  /// - Parameter wereEnabled: What ``disableInterrupts()`` returned.
  func restoreInterrupts(_ wereEnabled: Bool)

  /// A hint to the CPU that it waits in a loop, such as `pause` on x86-64 or
  /// `yield` on AArch64: called before each further look at a ``SpinLock``, or
  /// at a CPU that is to flush.
  func pause()
}

extension ManagedMemory {
  /// As ``KernelMemory/directMap``.
  @inlinable
  public var directMap: DirectMap { memory.directMap }

  /// Nothing: no interrupt handler uses the allocator.
  @inlinable
  public func disableInterrupts() -> Bool { false }

  /// Nothing, as ``disableInterrupts()``.
  @inlinable
  public func restoreInterrupts(_ wereEnabled: Bool) {}

  /// Nothing: the CPU looks again at once.
  @inlinable
  public func pause() {}

  /// Takes a block of 2^`order` frames, or returns `FrameNumber.none`.
  ///
  /// - Complexity: O(``BuddyAllocator/maxOrder``)
  public func allocate(order: Int) -> FrameNumber {
    withAllocator { allocator throws(FrameError) in
      allocator.allocate(order: order)
    }
  }

  /// Gives a block back.
  ///
  /// - Complexity: O(``BuddyAllocator/maxOrder``)
  public func free(_ block: FrameNumber, order: Int) {
    withAllocator { allocator throws(FrameError) in
      try allocator.free(block, order: order)
    }
  }

  /// Gives back frames that lie side by side, and merges them at once.
  ///
  /// - Complexity: O(frames)
  @inline(never)
  public func free(_ first: FrameNumber, count: Int) {
    withAllocator { allocator throws(FrameError) in
      try allocator.free(first, count: count)
    }
  }

  @inline(__always)
  func withAllocator<Result>(
    _ body: (inout BuddyAllocator) throws(FrameError) -> Result
  ) -> Result {
    let wereEnabled = disableInterrupts()
    unsafe memory.state.pointee.allocatorLock.lock { pause() }
    let result: Result
    do throws(FrameError) {
      result = try unsafe body(&memory.state.pointee.allocator)
    } catch {
      fault(error.fault, at: error.frame)
    }
    unsafe memory.state.pointee.allocatorLock.unlock()
    restoreInterrupts(wereEnabled)
    return result
  }
}
