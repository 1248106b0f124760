// SPDX-License-Identifier: Apache-2.0

import BenchSupport
import Fallow

/// Takes and frees through a cache of each CPU in front of the buddy allocator,
/// as a kernel does.
protocol CachingKernel: BenchKernel {}

/// Read sections that cost nothing, as in the C baseline.
struct CachedKernel: CachingKernel {}

/// Read sections like those of a kernel that does not preempt them: each CPU
/// counts its own.
///
/// The flush of such a kernel interrupts every CPU, so that a section which
/// began before is seen after it: ``readersHaveLeft()`` can be relied on.
struct CountingKernel: CachingKernel {
  @inline(__always)
  func enterReadSection() { bench_enter_read_section() }
  @inline(__always)
  func leaveReadSection() { bench_leave_read_section() }
  func awaitReaders() { while !readersHaveLeft() {} }
  func readersHaveLeft() -> Bool { bench_readers_have_left() }
}

/// The same, with a direct map that begins where the boot put it: one word, and
/// descriptors and kernel words at constant distances from it.
struct MovedKernel: CachingKernel {
  let base: UInt

  @inline(__always)
  var directMap: DirectMap { Arena.directMap(at: base) }
  @inline(__always)
  func enterReadSection() { bench_enter_read_section() }
  @inline(__always)
  func leaveReadSection() { bench_leave_read_section() }
  func awaitReaders() { while !readersHaveLeft() {} }
  func readersHaveLeft() -> Bool { bench_readers_have_left() }
}

/// A cache of frames for each CPU.
enum FrameCaches {
  /// Behind a pointer, so that nobody checks for exclusive access; and nil at
  /// first, so that nobody checks whether it was initialized.
  nonisolated(unsafe) private static var first:
    UnsafeMutablePointer<FrameCache>?

  @inline(__always)
  static var all: UnsafeMutablePointer<FrameCache> {
    unsafe first.unsafelyUnwrapped
  }

  static func start() {
    BuddyKernel.start()
    if unsafe first == nil { unsafe first = .allocate(capacity: 2) }
    for cpu in 0..<2 {
      unsafe (all + cpu).initialize(
        to: FrameCache(
          over: Arena.descriptorTable, zone: .first, capacity: 64))
    }
  }
}

extension CachingKernel {
  func allocate(order: Int) -> FrameNumber {
    let cache = unsafe FrameCaches.all + currentCPU()
    let frame = unsafe cache.pointee.takeForTable()
    if frame != .none { return frame }
    lock(.foreignList)
    do throws(FrameError) {
      try unsafe cache.pointee.refill(from: &BuddyKernel.buddy.pointee)
    } catch {
      fault(error.fault, at: error.frame)
    }
    unlock(.foreignList)
    return unsafe cache.pointee.takeForTable()
  }

  func free(_ frame: FrameNumber, order: Int) {
    let cache = unsafe FrameCaches.all + currentCPU()
    do throws(FrameError) {
      if try unsafe cache.pointee.put(frame) { return }
      lock(.foreignList)
      try unsafe cache.pointee.drain(into: &BuddyKernel.buddy.pointee)
      unlock(.foreignList)
      Bench.check(
        try unsafe cache.pointee.put(frame), "half of a cache is room")
    } catch {
      fault(error.fault, at: error.frame)
    }
  }
}

typealias CachedScheme<Kernel: CachingKernel> = Reclaimer<
  CountingDriver<Kernel>
>
