import BareKernel
import CMachine
import Fallow

typealias Format = AArch64FourKiB
typealias AArch64Driver = SMMUv3<Kernel>
typealias AArch64Setup = Setup<Format, AArch64Driver>

@main
struct AArch64Image {
  /// What the second CPU runs on; set before it starts.
  nonisolated(unsafe) static var setup: AArch64Setup?

  /// Where `edu`'s registers go: nobody else has put them anywhere.
  private static var eduRegisters: UInt32 { 0x1000_0000 }

  /// Where the machine has the SMMU's.
  private static var iommuRegisters: UInt64 { 0x0905_0000 }

  static func main() {
    var run = TestRun()
    Kernel.start()
    Kernel.placeIOMMU(at: iommuRegisters)
    let edu = Edu.find(placedAt: eduRegisters)
    let device = Device(iommu: 0, requester: edu.function.requester)
    // Image: kernel-half
    guard
      let driver = AArch64Driver.make(on: Kernel(), walksKernelHalf: true),
      driver.start(0) == .started, driver.add(device) == .added,
      driver.startFaultRecords(of: 0) == .started
    else { Machine.panic("the SMMU does not start", iommuRegisters) }
    let iommu = SMMUv3UnderTest(driver: driver, registers: iommuRegisters)
    ImageTests<Format, _, _>(
      driver: driver, edu: edu, iommu: iommu,
      attributes: .writable | .accessed | .dirty, recordsUse: false
    ).run(&run) { _, _ in
    } share: {
      machine_enable_interrupts()
      unsafe setup = $0
    }
  }
}

/// Where the second CPU's entry code goes.
@c(second_cpu_main)
func secondCPUMain() {
  guard let setup = unsafe AArch64Image.setup else { return }
  SecondCPU.serve(setup)
}

/// Where the exception handler goes with another CPU's call.
@c(machine_interrupted)
func machineInterrupted() {
  Kernel().answerCrossCall()
}

/// Where the exception handler goes with what is no probe's.
@c(machine_trapped)
func machineTrapped(_ cause: UInt64, _ address: UInt64, _ value: UInt64) {
  Console.writeHexadecimal(cause)
  Console.writeHexadecimal(value)
  Machine.panic("trap at", address)
}
