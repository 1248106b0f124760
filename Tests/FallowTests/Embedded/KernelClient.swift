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
    driver.start(0) == .started, driver.add(device)
  else { return nil }
  return Reclaimer(sharing: Sharing(driver: driver))
}

/// Every operation that changes a leaf into a table or back, gathered into one
/// token.
func reshape(_ space: Space, _ range: VirtualRange) {
  var unlinked = UnlinkedTables<Kernel, KernelHalf>(on: space.platform)
  let split = space.split(at: range.start, level: 2)
  let collapse = space.collapse(at: range.start, level: 2, into: &unlinked)
  let detach = space.detach(at: range.start, level: 2, into: &unlinked)
  #if DROPS
    if split == .done && collapse == .done { return }
  #endif
  space.scheme.retire(unlinked)
  if detach == .done && collapse == split { halt() }
}

/// A device shares the space while its tables go.
func useUserHalf(of kernel: Space) -> Bool {
  guard let user = User.make(copying: kernel) else { return false }
  let range = VirtualRange(start: VirtualAddress(4096), size: 1 << 14)
  var unlinked = UnlinkedTables<Kernel, UserHalf>(on: kernel.platform)
  let mapped = user.map(
    range, to: PhysicalAddress(4096), attributes: .userData, into: &unlinked)
  let unmapped = user.unmap(range, into: &unlinked)
  let scheme = user.scheme
  let bound = scheme.bind(user.root, to: device, as: PASID(1))
  scheme.retire(unlinked).invalidated(by: scheme.sharing).release()
  let left = scheme.unbind(user.root, from: device, as: PASID(1))
  if left == .unanswered, scheme.expel(device) == .unanswered { halt() }
  return mapped == .mapped && unmapped == .unmapped && bound == .bound
}

/// Where the machine begins.
@_cdecl("kernel_main")
public func kernelMain(
  _ memory: UnsafeMutableRawPointer, _ descriptors: UnsafeMutableRawPointer,
  _ words: UnsafeMutableRawPointer
) -> UInt64 {
  guard let reclaimer = unsafe scheme(memory, descriptors, words),
    let space = Space.make(scheme: reclaimer)
  else { return 1 }
  let range = VirtualRange(start: X86FourLevel.kernelHalf.start, size: 1 << 22)
  guard
    space.map(
      range, to: PhysicalAddress(4096), attributes: .kernelData) == .mapped
  else { return 2 }
  let found = space.translate(range.start)?.address.rawValue ?? 0
  guard space.unmap(range) == .unmapped else { return 3 }
  reshape(space, range)
  guard useUserHalf(of: space) else { return 4 }
  reclaimer.reclaim()
  return found
}
