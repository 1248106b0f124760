import BareKernel
import CMachine
import Fallow

typealias RISCVDriver = RISCVIOMMU<Kernel, RISCVSv39>

@main
struct RISCVImage {
  /// Where the functions' registers go: nobody else has put them anywhere.
  private static var iommuRegisters: UInt32 { 0x4000_0000 }
  private static var eduRegisters: UInt32 { 0x4010_0000 }

  static func main() {
    var run = TestRun()
    Kernel.start()
    guard let iommu = PCIFunction.find(vendor: 0x1b36, device: 0x0014) else {
      Machine.panic("no IOMMU", 0)
    }
    iommu.place(at: iommuRegisters)
    iommu.enable(isMaster: true)
    let registers = iommu.memory
    Kernel.placeIOMMU(at: registers)
    let edu = Edu.find(placedAt: eduRegisters)
    guard let driver = RISCVDriver.make(on: Kernel()),
      driver.start(0) == .started
    else { Machine.panic("the IOMMU does not start", registers) }
    let underTest = RISCVUnderTest(registers: registers)
    underTest.startFaults()
    let window = RISCVSv39.kernelHalf.start

    let keeping = Setup<RISCVSv39, RISCVDriver>(
      driver: driver, emptyTables: .keep)
    keeping.enter()
    run.check(true, "boots, walks its own tables, and starts the IOMMU")
    MappingTests(keeping, window: window).promotion(&run)

    let setup = Setup<RISCVSv39, RISCVDriver>(driver: driver)
    setup.enter()
    MappingTests(setup, window: window).run(&run)
    run.section("costs while nobody shares")
    Costs(setup, window: window).report(run)
    let dma = DMATests(
      setup, edu: edu, iommu: underTest, window: window + 1 << 30,
      attributes: .writable | .accessed | .dirty, recordsUse: false)
    dma.schemes(&run)
    dma.run(&run)
    dma.bound(&run, Setup(driver: driver, limit: type(of: dma).limit))
    run.section("costs while a device shares")
    Costs(setup, window: window).report(run)
    dma.failures(&run)
    run.end()
  }
}

/// Where the entry code's trap handler goes with what is no probe's.
@c(machine_trapped)
func machineTrapped(_ cause: UInt64, _ address: UInt64, _ value: UInt64) {
  Console.writeHexadecimal(cause)
  Console.writeHexadecimal(value)
  Machine.panic("trap at", address)
}
