import BareKernel
import CMachine
import Fallow

/// The registers of QEMU's RISC-V IOMMU.
struct RISCVUnderTest: IOMMUUnderTest {
  let registers: UInt64

  /// A read page fault.
  var unmapped: UInt64 { 13 }

  /// Gives the IOMMU a queue for its reports: 128 of 32 bytes.
  func startFaults() {
    let queue = Kernel().block(order: 0)
    machine_order_before_device()
    machine_store64(registers + 0x28, queue.address.rawValue &>> 2 | 6)
    machine_store32(registers + 0x4c, 1)
    while machine_load32(registers + 0x4c) & 1 << 16 == 0 { machine_pause() }
  }

  /// A transfer of 8 bytes faults twice, 4 bytes at a time: the report is the
  /// first, and what follows it is dropped.
  func takeFault() -> DeviceFault? {
    let head = UInt64(machine_load32(registers + 0x30))
    let tail = machine_load32(registers + 0x34)
    machine_order_after_device()
    if head == UInt64(tail) { return nil }
    let queue = (machine_load64(registers + 0x28) &>> 10) &<< 12
    let record = queue + head * 32
    machine_store32(registers + 0x30, tail)
    return DeviceFault(
      address: VirtualAddress(machine_load64(record + 16)),
      reason: machine_load64(record) & 0xfff)
  }

  func breakQueue() {
    let queue = (machine_load64(registers + 0x18) &>> 10) &<< 12
    let tail = UInt64(machine_load32(registers + 0x24))
    machine_store64(queue + tail * 16, 0x7f)
    machine_order_before_device()
    machine_store32(registers + 0x24, UInt32(tail + 1) & 255)
  }

  func stopQueue() {
    machine_store32(registers + 0x48, 0)
  }

  func context(of requester: UInt16) -> PhysicalAddress {
    let directory = (machine_load64(registers + 0x10) &>> 10) &<< 12
    return PhysicalAddress(directory + UInt64(requester) * 64)
  }

  var freedPage: StaticString { "freed root" }

  func cachedPage(of requester: UInt16) -> FrameNumber {
    FrameNumber(Kernel().read(context(of: requester) + 24) & 0xfff_ffff_ffff)
  }

  /// The page is a root itself.
  func plant(_ root: FrameNumber, in page: FrameNumber) {
    Kernel().copy(root, to: page)
  }
}
