import BareKernel
import CMachine
import Fallow

typealias Format = WalkableByUser<X86FourLevel>
typealias Space = KernelSpace<Format, Reclaimer<NoIOMMU>>
typealias Process = UserSpace<Format, Reclaimer<NoIOMMU>>

@main
struct X86Image {
  static func main() {
    var run = TestRun()
    machine_fill_interrupt_table()
    Kernel.start()
    run.check(true, "boots")
    let kernel = Kernel()
    let reclaimer = Reclaimer(sharing: Sharing(driver: NoIOMMU()))
    guard let space = Space.make(scheme: reclaimer),
      let process = Process.make(copying: space)
    else { Machine.panic("no frames", 0) }
    var unlinked = UnlinkedTables<Kernel, UserHalf>(on: kernel)
    let mapped = process.map(
      VirtualRange(start: VirtualAddress(0), size: 4 << 30),
      to: PhysicalAddress(0), attributes: .identity, into: &unlinked)
    reclaimer.enqueue(reclaimer.retire(unlinked))
    machine_set_root(process.root.address.rawValue)
    run.check(mapped == .mapped, "runs on its own tables")
    Interrupts.start()
    run.check(
      Access.load(VirtualAddress(0xffff_8000_0000_0000)) == .absent, "faults")
    run.end()
  }
}

extension LeafAttributes {
  /// The image, its memory and its devices, where they are.
  static var identity: Self {
    .writable | .executable | .accessed | .dirty
  }
}
@c(second_cpu_main)
func secondMain() {}
