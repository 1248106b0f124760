// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowHeader

/// A kernel in C, as `fallow.h` asks for it: a value of no size, so that to hand
/// it on costs nothing.
struct CPlatform: Platform, DirectMapped {
  var directMap: DirectMap { unsafe machine.directMap }
  var cpuCount: Int { unsafe machine.cpuCount }
  var paging: PagingFeatures { unsafe machine.paging }

  func allocate(order: Int) -> FrameNumber {
    FrameNumber(fallow_kernel_allocate(UInt32(truncatingIfNeeded: order)))
  }
  func free(_ block: FrameNumber, order: Int) {
    fallow_kernel_free(block.rawValue, UInt32(truncatingIfNeeded: order))
  }

  func currentCPU() -> Int { Int(fallow_kernel_current_cpu()) }
  func flush(
    _ range: VirtualRange, of root: FrameNumber?, _ scope: FlushScope
  ) {
    fallow_kernel_flush_cpus(
      (root ?? .none).rawValue, range.start.rawValue, range.size,
      scope == .tables)
  }
  #if FALLOW_FORMAT_X86_4 || FALLOW_FORMAT_X86_5
    // Nothing, as X86Processors says.
    @inline(__always)
    func publish(_ range: VirtualRange, of root: FrameNumber?) {}
  #else
    func publish(_ range: VirtualRange, of root: FrameNumber?) {
      fallow_kernel_publish(
        (root ?? .none).rawValue, range.start.rawValue, range.size)
    }
  #endif

  func enterReadSection() { fallow_kernel_enter_read_section() }
  func leaveReadSection() { fallow_kernel_leave_read_section() }
  func awaitReaders() { fallow_kernel_await_readers() }
  // The kernel cannot be asked without sleeping, so tables wait for the worker.
  func readersHaveLeft() -> Bool { false }
  func lock(_ lock: KernelLock) { fallow_kernel_lock(UInt32(lock.rawValue)) }
  func unlock(_ lock: KernelLock) {
    fallow_kernel_unlock(UInt32(lock.rawValue))
  }
  func scheduleWorker(after delay: UInt64) {
    fallow_kernel_schedule_worker(delay)
  }

  @inline(__always)
  func dropped(_ frame: FrameNumber) { reportDroppedToken(frame.rawValue) }

  func fault(_ fault: LifecycleFault, at frame: FrameNumber) -> Never {
    stop(fallow_fault(UInt32(fault.rawValue)), at: frame)
  }
}

/// What `fallow_start` was given.
@safe
struct Machine {
  /// Where the physical address 0 is mapped, or would be: one load and one
  /// addition lead from an address to its byte.
  let memory: UnsafeMutableRawPointer
  let descriptors: DescriptorTable
  let words: UnsafeMutableRawPointer
  let cpuCount: Int
  let paging: PagingFeatures

  /// Whether it is one: a machine without frames stands for none.
  var isStarted: Bool { descriptors.frameCount != 0 }

  var directMap: DirectMap {
    unsafe DirectMap(
      memory: memory, firstAddress: PhysicalAddress(0),
      descriptors: descriptors, words: words)
  }
}

extension Machine {
  /// No machine.
  fileprivate init() {
    unsafe memory = UnsafeMutableRawPointer(bitPattern: 8).unsafelyUnwrapped
    unsafe words = memory
    descriptors = DescriptorTable()
    cpuCount = 0
    paging = PagingFeatures()
  }
}

/// The machine; none before `fallow_start`, which every function of `fallow.h`
/// looks at first, if only by asking for the descriptor of a frame.
nonisolated(unsafe) var machine = Machine()

@_silgen_name("a_fallow_token_was_dropped")
private func reportDroppedToken(_ frame: UInt64)
