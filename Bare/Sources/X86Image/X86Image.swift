import BareKernel
import CMachine
import Fallow

typealias Format = WalkableByUser

@main
struct X86Image {
  static func main() {
    var run = TestRun()
    machine_fill_interrupt_table()
    Kernel.start()
    Interrupts.start()
    let window = Format.kernelHalf.start

    let keeping = Setup<Format, NoIOMMU>(driver: NoIOMMU(), emptyTables: .keep)
    keeping.enter()
    run.check(true, "boots, and walks its own tables")
    MappingTests(keeping, window: window).promotion(&run)

    let setup = Setup<Format, NoIOMMU>(driver: NoIOMMU())
    setup.enter()
    MappingTests(setup, window: window).run(&run)
    Costs(setup, window: window).report(run)
    Kernel().joinCrossCalls()
    SecondCPU.start(on: setup)
    TwoCPUs(setup).run(&run)
    run.end()
  }
}
