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
      driver.start(0) == .started,
      driver.add(Device(iommu: 0, requester: edu.function.requester)) == .added
    else { Machine.panic("the IOMMU does not start", registers) }
    let underTest = RISCVUnderTest(driver: driver, registers: registers)
    guard driver.startFaultRecords(of: 0) == .started else {
      Machine.panic("faults are not recorded", registers)
    }
    ImageTests<Format, _, _>(
      driver: driver, edu: edu, iommu: underTest,
      attributes: .writable | .accessed | .dirty, recordsUse: false
    ).run(&run) {
      TranslationTests(
        setup: $1, iommu: underTest,
        device: Device(iommu: 0, requester: edu.function.requester)
      ).run(&$0)
    } share: {
      machine_enable_interrupts()
      unsafe setup = $0
    }
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
