import BareKernel
import CMachine
import Fallow

typealias Format = RISCVSv39
typealias RISCVDriver = RISCVIOMMU<Kernel, Format>
typealias RISCVSetup = Setup<Format, RISCVDriver>

@main
struct RISCVImage {
  /// What the second hart runs on; set before it starts.
  nonisolated(unsafe) static var setup: RISCVSetup?

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
    let window = Format.kernelHalf.start
    let device = Device(iommu: 0, requester: edu.function.requester)
    AdoptionTests<Format, _>(driver: driver, device: device).run(&run)

    let keeping = RISCVSetup(driver: driver, emptyTables: .keep)
    keeping.enter()
    run.check(true, "boots, walks its own tables, and starts the IOMMU")
    MappingTests(keeping, window: window).promotion(&run)

    let setup = RISCVSetup(driver: driver)
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
    Kernel().joinCrossCalls()
    machine_enable_interrupts()
    unsafe Self.setup = setup
    SecondCPU.start(on: setup)
    TwoCPUs(setup).run(&run)
    dma.failures(&run)
    run.end()
  }
}

/// Where the second hart's entry code goes.
@c(second_cpu_main)
func secondHartMain() {
  guard let setup = unsafe RISCVImage.setup else { return }
  SecondCPU.serve(setup)
}

/// Where the trap handler goes with another hart's call.
@c(machine_interrupted)
func machineInterrupted() {
  Kernel().answerCrossCall()
}

/// Where the trap handler goes with what is no probe's.
@c(machine_trapped)
func machineTrapped(_ cause: UInt64, _ address: UInt64, _ value: UInt64) {
  Console.writeHexadecimal(cause)
  Console.writeHexadecimal(value)
  Machine.panic("trap at", address)
}
