import BareKernel
import CMachine
import Fallow

/// The registers of QEMU's SMMUv3.
struct SMMUv3UnderTest: IOMMUUnderTest {
  let driver: AArch64Driver
  let registers: UInt64

  /// Kernel pages are named for every ASID: their leaves may be global.
  var dropsKernelPagesBySpace: Bool { false }

  /// F_TRANSLATION.
  var unmapped: UInt64 { 0x10 }

  /// The address in the registers of tables and queues.
  private static var address: UInt64 { 0xf_ffff_ffff_ffc0 }

  /// A transfer of 8 bytes may fault twice, 4 bytes at a time: the event is the
  /// first, and what follows it is dropped.
  func takeFault() -> DeviceFault? {
    guard let fault = driver.takeFault(of: 0) else { return nil }
    while driver.takeFault(of: 0) != nil {}
    return DeviceFault(address: fault.address, reason: UInt64(fault.reason))
  }

  func breakQueue() {
    let queue = machine_load64(registers + 0x90) & Self.address & ~0xfff
    let tail = machine_load32(registers + 0x98)
    machine_store64(queue + UInt64(tail & 255) * 16, 0x7f)
    machine_order_before_device()
    machine_store32(registers + 0x98, (tail + 1) & 511)
  }

  /// Clears CR0.CMDQEN.
  func stopQueue() {
    machine_store32(registers + 0x20, machine_load32(registers + 0x20) & ~8)
  }

  /// The stream table has two levels, of 256 streams each.
  func context(of requester: UInt16) -> PhysicalAddress {
    let table = machine_load64(registers + 0x80) & Self.address
    let entry = machine_load64(table + UInt64(requester &>> 8) * 8)
    return PhysicalAddress(
      (entry & Self.address) + UInt64(requester & 255) * 64)
  }

  var freedPage: StaticString { "freed root" }

  /// QEMU keeps the roots of a context with its stream: the kernel's, TTB1 of
  /// context 0, is that of the page under test.
  func cachedPage(of requester: UInt16) -> FrameNumber {
    let kernel = Kernel()
    let context = kernel.read(context(of: requester)) & Self.address
    return FrameNumber(
      containing: PhysicalAddress(
        kernel.read(PhysicalAddress(context) + 16)))
  }

  /// The page is a root itself.
  func plant(_ root: FrameNumber, in page: FrameNumber) {
    Kernel().copy(root, to: page)
  }
}
