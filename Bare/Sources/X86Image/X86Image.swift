import AgreedSequence
import BareKernel
import CMachine
import Fallow

typealias Format = WalkableByUser
typealias X86Setup = Setup<Format, VTd<Kernel>>

@main
struct X86Image {
  /// What the second CPU runs on; set before it starts.
  nonisolated(unsafe) static var setup: X86Setup?

  static func main() {
    var run = TestRun()
    machine_fill_interrupt_table()
    Kernel.start()
    Interrupts.start()
    let registers = ACPI.iommuRegisters
    Kernel.placeIOMMU(at: registers)
    let edu = Edu.find()
    edu.function.signal(
      by: UInt32(Interrupts.device), at: Interrupts.messageAddress)
    let device = Device(iommu: 0, requester: edu.function.requester)
    // QEMU does not say that its walks snoop; an emulator's do.
    guard let driver = VTd.make(on: Kernel(), trustsCoherence: true),
      driver.start(0) == .started, driver.add(device) == .added
    else { Machine.panic("VT-d does not start", registers) }
    let iommu = VTdUnderTest(driver: driver, registers: registers)
    ImageTests<Format, _, _>(
      driver: driver, edu: edu, iommu: iommu, attributes: .writable | .user,
      recordsUse: true
    ).run(&run) {
      agree(&$0, $1, edu, iommu)
      FaultTests(setup: $1, edu: edu, driver: driver).run(&$0)
    } share: {
      unsafe setup = $0
    }
  }

  /// Runs the sequence that the simulated machine is held to as well.
  private static func agree(
    _ run: inout TestRun, _ setup: X86Setup, _ edu: Edu,
    _ iommu: VTdUnderTest
  ) {
    let kernel = Kernel()
    let window = setup.window + 8 << 30
    let landing = VirtualRange(start: window + 4 << 20, size: 4096)
    let frame = kernel.block(order: 0)
    require(
      try setup.space.map(
        landing, to: frame.address, attributes: .writable | .user))
    var sequence = SequenceRun(
      on: EduStage(
        setup: setup, edu: edu, iommu: iommu, landing: landing.start,
        landingFrame: frame),
      window: window, block: kernel.block(order: 9))
    let difference = sequence.firstDifference()
    if let difference {
      run.figure("differs at step", UInt64(difference), "(from 0)")
    }
    run.check(
      difference == nil, "every step of the agreed sequence ends as it should")
  }
}

/// Where the second CPU's entry code goes.
@c(second_cpu_main)
func secondCPUMain() {
  machine_start_local_apic()
  guard let setup = unsafe X86Image.setup else { return }
  SecondCPU.serve(setup)
}
