// SPDX-License-Identifier: Apache-2.0

import BenchSupport
import Fallow
import Synchronization

/// What both kernels of the bench share: an empty handle on the ``Arena``.
///
/// Flushes and read sections cost nothing here, as in the C baseline; locks and
/// the worker's pending bit are real.
protocol BenchKernel: Platform, DirectMapped, X86Processors {}

extension BenchKernel {
  @inline(__always)
  var directMap: DirectMap { Arena.directMap }

  func zero(_ entry: PhysicalAddress, count: Int) {
    unsafe bench_zero(directMap.pointer(to: entry), Int64(count))
  }

  var cpuCount: Int { 2 }
  @inline(__always)
  func currentCPU() -> Int { Int(bench_current_cpu()) }
  @inline(__always)
  func flush(
    _ range: VirtualRange, of root: FrameNumber?, _ scope: FlushScope
  ) {}
  @inline(__always)
  func enterReadSection() {}
  @inline(__always)
  func leaveReadSection() {}
  func awaitReaders() {}
  @inline(__always)
  func readersHaveLeft() -> Bool { true }

  func lock(_ lock: KernelLock) {
    while exchange(1, at: Self.word(10 + Int(lock.rawValue))) != 0 {}
  }
  func unlock(_ lock: KernelLock) {
    _ = exchange(0, at: Self.word(10 + Int(lock.rawValue)))
  }

  @inline(__always)
  func scheduleWorker(after delay: UInt64) {
    if load(Self.word(13)) == 0 { _ = exchange(1, at: Self.word(13)) }
  }

  /// A word that the library does not use.
  static func word(_ index: Int) -> KernelWord {
    KernelWord(index: index)
  }

  func dropped(_ frame: FrameNumber) { fatalError("a token was dropped") }
  func fault(_ fault: LifecycleFault, at frame: FrameNumber) -> Never {
    fatalError("a frame is not what its token says")
  }
}

/// Frees to a list, last in first out.
struct ListKernel: BenchKernel {
  @inline(__always)
  func allocate(order: Int) -> FrameNumber { Arena.allocate() }
  @inline(__always)
  func free(_ block: FrameNumber, order: Int) { Arena.free(block) }
}

/// Has the space that is shared; the arena's reset takes all of it back at once.
struct SharedKernel: BenchKernel {
  func allocate(order: Int) -> FrameNumber { Arena.allocateShared() }
  func free(_ block: FrameNumber, order: Int) {}
  func dropped(_ frame: FrameNumber) {}
}

/// Frees to the library's merging buddy allocator.
struct BuddyKernel: BenchKernel {
  /// Behind a pointer, so that nobody checks for exclusive access.
  nonisolated(unsafe) static let buddy: UnsafeMutablePointer<BuddyAllocator> =
    .allocate(capacity: 1)

  func allocate(order: Int) -> FrameNumber {
    unsafe Self.buddy.pointee.allocate(order: order)
  }
  @inline(__always)
  func free(_ block: FrameNumber, order: Int) {
    do throws(FrameError) {
      try unsafe Self.buddy.pointee.free(block, order: order)
    } catch {
      fault(error.fault, at: error.frame)
    }
  }
  @inline(__always)
  func free(_ first: FrameNumber, count: Int) {
    do throws(FrameError) {
      try unsafe Self.buddy.pointee.free(first, count: count)
    } catch {
      fault(error.fault, at: error.frame)
    }
  }

  /// Gives the allocator the frames of the arena that nobody uses.
  static func start() {
    unsafe buddy.initialize(
      to: BuddyAllocator(over: Arena.descriptorTable, zone: .first))
    do throws(FrameError) {
      try unsafe buddy.pointee.add(
        Arena.firstFrame, count: Arena.freeFrameCount)
    } catch {
      Self().fault(error.fault, at: error.frame)
    }
  }
}

/// An IOMMU that counts its commands and answers at once.
struct CountingDriver<P: BenchKernel>: UnmanagedIOMMUs {
  typealias Format = X86FourLevel

  let platform: P

  var kernelHalf: VirtualRange { X86FourLevel.kernelHalf }
  func submit(_ request: InvalidationRequest, to iommu: Int) {
    platform.count(1, at: P.word(14))
  }
}

typealias ListScheme = Reclaimer<CountingDriver<ListKernel>>
typealias BuddyScheme = Reclaimer<CountingDriver<BuddyKernel>>
typealias Space = KernelSpace<X86FourLevel, ListScheme>

extension Reclaimer {
  /// A reclaimer with one address space that one IOMMU shares.
  static func make<P: BenchKernel>(
    on platform: P
  ) -> Self where Driver == CountingDriver<P> {
    Self(sharing: Sharing(driver: CountingDriver(platform: platform)))
  }
}
