import BareKernel
import CMachine

/// Interrupts of the image, by vector.
enum Interrupts {
  static var pageFault: UInt64 { 14 }
  static var crossCall: UInt64 { 32 }
  static var device: UInt64 { 33 }

  /// Where a device stores a vector to interrupt the first CPU.
  static var messageAddress: UInt32 { 0xfee0_0000 }

  /// Takes interrupts on this CPU from here on.
  static func start() {
    // The old controller's lines stay silent: its vectors are exceptions'.
    machine_out8(0x21, 0xff)
    machine_out8(0xa1, 0xff)
    machine_start_local_apic()
    machine_enable_interrupts()
  }
}

/// What every stub calls.
@c(machine_interrupt)
func machineInterrupt(_ frame: UnsafeMutablePointer<machine_frame>) {
  let vector = unsafe frame.pointee.vector
  switch vector {
  case Interrupts.pageFault:
    if unsafe machine_end_probe(frame) { return }
    Console.write("Bail out! page fault at ")
    Console.writeHexadecimal(machine_fault_address())
    Console.write("\n")
    Machine.panic("from", unsafe frame.pointee.rip)
  case Interrupts.crossCall:
    Kernel().answerCrossCall()
    machine_end_interrupt()
  case Interrupts.device:
    machine_end_interrupt()
  default:
    Console.writeHexadecimal(unsafe frame.pointee.rip)
    Machine.panic("exception", vector)
  }
}
