import BareKernel
import CMachine
import Fallow

/// The registers of QEMU's VT-d.
struct VTdUnderTest: IOMMUUnderTest {
  let driver: VTd<Kernel>
  let registers: UInt64

  var dropsKernelPagesBySpace: Bool { true }

  /// An entry on the way was not present.
  var unmapped: UInt64 { 0x71 }

  func takeFault() -> DeviceFault? {
    driver.takeFault(of: 0).map {
      DeviceFault(address: $0.address, reason: UInt64($0.reason))
    }
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
