import Fallow

/// A kernel in C, as `fallow.h` asks for it.
struct CPlatform: Platform, DirectMapped, CProcessors {
  let directMap: DirectMap
  let cpuCount: Int

  func allocate(order: Int) -> FrameNumber {
    FrameNumber(kernelAllocate(UInt32(truncatingIfNeeded: order)))
  }
  func free(_ block: FrameNumber, order: Int) {
    kernelFree(block.rawValue, UInt32(truncatingIfNeeded: order))
  }

  func currentCPU() -> Int { Int(kernelCurrentCPU()) }
  func flush(
    _ range: VirtualRange, of root: FrameNumber?, _ scope: FlushScope
  ) {
    kernelFlushCPUs(range.start.rawValue, range.size)
  }
  func enterReadSection() { kernelEnterReadSection() }
  func leaveReadSection() { kernelLeaveReadSection() }
  func awaitReaders() { kernelAwaitReaders() }
  // The kernel cannot be asked without sleeping, so tables wait for the worker.
  func readersHaveLeft() -> Bool { false }
  func lock(_ lock: KernelLock) { kernelLock(UInt32(lock.rawValue)) }
  func unlock(_ lock: KernelLock) { kernelUnlock(UInt32(lock.rawValue)) }
  func scheduleWorker(after delay: UInt64) { kernelScheduleWorker() }

  @inline(__always)
  func dropped(_ frame: FrameNumber) { reportDroppedToken(frame.rawValue) }

  func fault(_ fault: LifecycleFault, at frame: FrameNumber) -> Never {
    kernelFault(UInt32(fault.rawValue), frame.rawValue)
    fatalError("the kernel's fault handler returned")
  }
}

/// All IOMMUs of a kernel in C, spoken to as one.
///
/// The kernel knows which devices walk under which PASID; for each batch it is
/// told what each space is to forget, and asked once whether all have.
struct CDriver: UnmanagedIOMMUs {
  typealias Format = CFormat

  let platform: CPlatform

  var kernelHalf: VirtualRange { CFormat.kernelHalf }
  func submit(_ request: InvalidationRequest, to iommu: Int) {
    kernelSubmitInvalidation(
      request.pasid?.rawValue ?? 0, request.range?.start.rawValue ?? 0,
      request.range?.size ?? 0)
  }
  func wait(for ticket: UInt64, on iommu: Int) -> Bool {
    kernelAwaitInvalidations()
  }
}

typealias CScheme = Reclaimer<CDriver>
typealias CSpace = KernelTree<CFormat, CScheme>

@_silgen_name("fallow_kernel_allocate")
func kernelAllocate(_ order: UInt32) -> UInt64
@_silgen_name("fallow_kernel_free")
func kernelFree(_ block: UInt64, _ order: UInt32)
@_silgen_name("fallow_kernel_current_cpu")
func kernelCurrentCPU() -> UInt32
@_silgen_name("fallow_kernel_flush_cpus")
func kernelFlushCPUs(_ start: UInt64, _ size: UInt64)
@_silgen_name("fallow_kernel_enter_read_section")
func kernelEnterReadSection()
@_silgen_name("fallow_kernel_leave_read_section")
func kernelLeaveReadSection()
@_silgen_name("fallow_kernel_await_readers")
func kernelAwaitReaders()
@_silgen_name("fallow_kernel_lock")
func kernelLock(_ lock: UInt32)
@_silgen_name("fallow_kernel_unlock")
func kernelUnlock(_ lock: UInt32)
@_silgen_name("fallow_kernel_schedule_worker")
func kernelScheduleWorker()
@_silgen_name("fallow_kernel_submit_invalidation")
func kernelSubmitInvalidation(_ pasid: UInt32, _ start: UInt64, _ size: UInt64)
@_silgen_name("fallow_kernel_await_invalidations")
func kernelAwaitInvalidations() -> Bool
@_silgen_name("fallow_kernel_fault")
func kernelFault(_ fault: UInt32, _ frame: UInt64)
@_silgen_name("a_fallow_token_was_dropped")
func reportDroppedToken(_ frame: UInt64)
