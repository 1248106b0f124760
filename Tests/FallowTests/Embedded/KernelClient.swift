// SPDX-License-Identifier: Apache-2.0

// The least that a kernel writes, built Embedded and linked without a runtime.
// With DROPS defined, one branch forgets a token.

import Fallow

@_silgen_name("a_fallow_token_was_dropped")
func reportDroppedToken(_ frame: UInt64)

@_silgen_name("kernel_allocate")
func allocateFrames(_ order: UInt64) -> UInt64

@_silgen_name("kernel_free")
func freeFrames(_ block: UInt64, _ order: UInt64)

@_silgen_name("kernel_read_register")
func readRegister(_ place: UInt64) -> UInt64

@_silgen_name("kernel_write_register")
func writeRegister(_ place: UInt64, _ value: UInt64)

@_silgen_name("kernel_halt")
func halt() -> Never

struct Kernel: IOMMUPlatform, DirectMapped, X86Processors {
  let directMap: DirectMap

  func allocate(order: Int) -> FrameNumber {
    FrameNumber(allocateFrames(UInt64(order)))
  }
  func free(_ block: FrameNumber, order: Int) {
    freeFrames(block.rawValue, UInt64(order))
  }

  var cpuCount: Int { 1 }
  func currentCPU() -> Int { 0 }
  func flush(
    _ range: VirtualRange, of root: FrameNumber?, _ scope: FlushScope
  ) {}
  func enterReadSection() {}
  func leaveReadSection() {}
  func awaitReaders() {}
  func readersHaveLeft() -> Bool { true }
  func lock(_ lock: KernelLock) {}
  func unlock(_ lock: KernelLock) {}
  func scheduleWorker(after delay: UInt64) {}
  func load(_ register: IOMMURegister) -> UInt64 {
    readRegister(UInt64(register.iommu) << 12 | UInt64(register.offset))
  }
  func store(_ value: UInt64, to register: IOMMURegister) {
    writeRegister(
      UInt64(register.iommu) << 12 | UInt64(register.offset), value)
  }
  func await(_ condition: IOMMUCondition) {
    while !condition.holds(on: self) {}
  }
  func isolate(_ device: Device) {}

  @inline(__always)
  func dropped(_ frame: FrameNumber) { reportDroppedToken(frame.rawValue) }

  func fault(_ fault: LifecycleFault, at frame: FrameNumber) -> Never {
    halt()
  }
}

/// The one device of the machine.
var device: Device { Device(iommu: 0, requester: 8) }

typealias Space = KernelSpace<X86FourLevel, Reclaimer<VTd<Kernel>>>
typealias User = UserSpace<X86FourLevel, Reclaimer<VTd<Kernel>>>

func scheme(
  _ memory: UnsafeMutableRawPointer, _ descriptors: UnsafeMutableRawPointer,
  _ words: UnsafeMutableRawPointer
) -> Reclaimer<VTd<Kernel>>? {
  let map = unsafe DirectMap(
    memory: memory, firstAddress: PhysicalAddress(0),
    descriptors: DescriptorTable(
      at: descriptors, firstFrame: FrameNumber(0), frameCount: 4096),
    words: words)
  guard let driver = VTd.make(on: Kernel(directMap: map)),
    driver.start(0) == .started, driver.add(device) == .added
  else { return nil }
  return Reclaimer(sharing: Sharing(driver: driver))
}

/// Every operation that changes a leaf into a table or back, gathered into one
/// token.
func reshape(_ space: Space, _ range: VirtualRange) throws(MapError) {
  try space.split(at: range.start, level: 2)
  try space.collapse(at: range.start, level: 2)
  try space.detach(at: range.start, level: 2)
}

/// A device shares the space while its tables go.
///
/// A process keeps its owners where the kernel keeps the process.
struct Process: ~Copyable {
  var space: User?
  var binding: DeviceBinding<VTd<Kernel>>?
}

func useUserHalf(of kernel: Space, in process: inout Process) -> Bool {
  let reclaimer = kernel.scheme
  let range = VirtualRange(start: VirtualAddress(4096), size: 1 << 14)
  do throws(MapError) {
    try User.make(sharing: kernel, in: &process.space)
    try process.space?.map(
      range, to: PhysicalAddress(4096), attributes: .userData)
  } catch { return false }
  do throws(BindError) {
    try reclaimer.bind(device, to: process.space!, as: PASID(1))
      .move(into: &process.binding)
  } catch { return false }
  do throws(MapError) {
    var stale = try process.space!.unmap(range)
    #if DROPS
      if kernel.translate(range.start) != nil { return false }
    #endif
    while !stale.isEmpty {
      do throws(UnansweredError) { try stale.invalidate(by: reclaimer) } catch {
        do throws(UnansweredError) { try reclaimer.expel(device) } catch {}
      }
    }
  } catch { return false }
  do throws(UnansweredError) { try reclaimer.unbind(&process.binding) } catch {
    return false
  }
  do throws(EndError) { try User.end(&process.space) } catch { return false }
  return true
}

/// Where the machine begins.
@_cdecl("kernel_main")
public func kernelMain(
  _ memory: UnsafeMutableRawPointer, _ descriptors: UnsafeMutableRawPointer,
  _ words: UnsafeMutableRawPointer
) -> UInt64 {
  guard let reclaimer = unsafe scheme(memory, descriptors, words),
    let process = unsafe UnsafeMutableRawPointer(bitPattern: 4096)?
      .assumingMemoryBound(to: Process.self)
  else { return 1 }
  let range = VirtualRange(start: X86FourLevel.kernelHalf.start, size: 1 << 22)
  let space: Space
  let found: UInt64
  do throws(MapError) {
    space = try Space(reclaimer)
    try space.map(range, to: PhysicalAddress(4096), attributes: .kernelData)
    found = space.translate(range.start)?.address.rawValue ?? 0
    try reshape(space, range)
    try space.unmap(range)
  } catch { return UInt64(error.kind.rawValue) }
  guard unsafe useUserHalf(of: space, in: &process.pointee) else { return 4 }
  reclaimer.reclaim()
  return found
}
