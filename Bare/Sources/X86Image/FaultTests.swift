import BareKernel
import CMachine
import Fallow

/// What VT-d records of a request that it refuses, by the library.
struct FaultTests {
  let setup: X86Setup
  let edu: Edu
  let driver: VTd<Kernel>

  /// A supervisor's leaf, which QEMU refuses whatever the device is: the device
  /// reads zeros, and the record says why.
  func run(_ run: inout TestRun) {
    let kernel = Kernel()
    let frame = kernel.block(order: 0)
    let page = VirtualRange(start: setup.window + 16 << 30, size: 4096)
    require(
      try setup.space.map(page, to: frame.address, attributes: .writable))
    edu.read(page.start)
    let fault = driver.takeFault(of: 0)
    run.check(
      fault?.address == page.start && fault?.access == .read
        && fault?.cause == .userBitClear
        && fault?.device.requester == edu.function.requester,
      "faults: a leaf without the user bit is refused, and the record says so")
    edu.write(page.start)
    Console.write("# ")
    let count = driver.writeFaults(of: 0) { machine_put_byte($0) }
    run.check(
      count == 1 && driver.takeFault(of: 0) == nil,
      "faults: one call prints each record and takes it")
    require(try setup.space.unmap(page))
    setup.reclaimer.reclaim()
    kernel.free(frame, order: 0)
  }
}
