import BareKernel
import CMachine
import Fallow

/// The registers of QEMU's VT-d.
struct VTdUnderTest: IOMMUUnderTest {
  let registers: UInt64

  var dropsKernelPagesBySpace: Bool { true }

  /// An entry on the way was not present.
  var unmapped: UInt64 { 0x71 }

  /// Where the fault record is, of which there is one: bits 33 to 24 of the capability register, times 16.
  private var record: UInt64 {
    registers + (machine_load64(registers + 8) &>> 24 & 0x3ff) &* 16
  }

  func takeFault() -> DeviceFault? {
    let high = machine_load64(record + 8)
    guard high &>> 63 != 0 else { return nil }
    let fault = DeviceFault(
      address: VirtualAddress(machine_load64(record)),
      reason: high &>> 32 & 0xff)
    // Cleared by writing ones: the record's, then the status's overflow.
    machine_store32(record + 12, 1 << 31)
    machine_store32(registers + 0x34, 1)
    return fault
  }

  func breakQueue() {
    let queue = machine_load64(registers + 0x90) & ~0xfff
    let tail = machine_load64(registers + 0x88)
    machine_store64(queue + tail, 15)
    machine_order_before_device()
    machine_store64(registers + 0x88, (tail + 32) & 0xfff)
  }

  func stopQueue() {
    let enable = 1 << 26 as UInt32
    let lasting = machine_load32(registers + 0x1c) & 0x96ff_ffff
    machine_store32(registers + 0x18, lasting & ~enable)
  }

  func context(of requester: UInt16) -> PhysicalAddress {
    let root = machine_load64(registers + 0x20) & ~0xfff
    return PhysicalAddress(
      (machine_load64(root) & ~0xfff) + UInt64(requester) * 32)
  }

  var freedPage: StaticString { "freed PASID directory" }

  func cachedPage(of requester: UInt16) -> FrameNumber {
    FrameNumber(
      containing: PhysicalAddress(
        Kernel().read(context(of: requester)) & ~0xfff))
  }

  /// A directory whose first PASID table has one entry, for PASID 0.
  func plant(_ root: FrameNumber, in page: FrameNumber) {
    let kernel = Kernel()
    let table = kernel.block(order: 0)
    kernel.write(2 << 2 | 1 << 6 | 1, to: table.address)
    // The domain of the first tag.
    kernel.write(2, to: table.address + 8)
    kernel.write(root.address.rawValue, to: table.address + 16)
    kernel.write(table.address.rawValue | 1, to: page.address)
  }
}
