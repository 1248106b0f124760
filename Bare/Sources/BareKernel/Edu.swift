import CMachine
package import Fallow

/// QEMU's `edu` device: it copies between memory and a buffer of its own.
///
/// As its source in QEMU 10.0.2 has it. Software cannot read the buffer: what
/// is in it is seen by copying it out.
package struct Edu {
  /// Its place on the bus.
  package let function: PCIFunction

  private let registers: UInt64

  private enum Register {
    static var acknowledge: UInt64 { 0x64 }
    static var source: UInt64 { 0x80 }
    static var destination: UInt64 { 0x88 }
    static var count: UInt64 { 0x90 }
    static var command: UInt64 { 0x98 }
  }

  /// Where the device sees its own buffer.
  private static var buffer: UInt64 { 0x4_0000 }

  /// The device of this machine, ready to access memory.
  ///
  /// - Parameter address: Where to put its registers; nil if the firmware has.
  package static func find(placedAt address: UInt32? = nil) -> Self {
    guard let function = PCIFunction.find(vendor: 0x1234, device: 0x11e8)
    else { Machine.panic("no edu device", 0) }
    if let address { function.place(at: address) }
    function.enable(isMaster: true)
    return Self(function: function, registers: function.memory)
  }

  /// Copies 8 bytes at an address of its own into its buffer.
  ///
  /// If the read faults, there are zeros.
  package func read(_ address: VirtualAddress) {
    transfer(from: address.rawValue, to: Self.buffer, command: 1)
  }

  /// Copies the 8 bytes in its buffer out to an address.
  ///
  /// If the write faults, nothing changes.
  package func write(_ address: VirtualAddress) {
    transfer(from: Self.buffer, to: address.rawValue, command: 3)
  }

  private func transfer(from: UInt64, to: UInt64, command: UInt64) {
    machine_store64(registers + Register.source, from)
    machine_store64(registers + Register.destination, to)
    machine_store64(registers + Register.count, 8)
    // Bit 2: with an interrupt at the end, so that nobody has to poll through
    // the tenth of a second that it takes.
    machine_order_before_device()
    machine_store64(registers + Register.command, command | 4)
    machine_disable_interrupts()
    while machine_load64(registers + Register.command) & 1 != 0 {
      machine_await_device()
    }
    machine_order_after_device()
    machine_enable_interrupts()
    machine_store32(registers + Register.acknowledge, 0x100)
  }
}
