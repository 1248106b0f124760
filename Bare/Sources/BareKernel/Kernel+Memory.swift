import CMachine
package import Fallow

extension Kernel {
  /// A block that there must be.
  package func block(order: Int) -> FrameNumber {
    let block = allocate(order: order)
    if block == .none { Machine.panic("no frames, order", UInt64(order)) }
    return block
  }

  /// Reads 8 bytes of memory.
  package func read(_ address: PhysicalAddress) -> UInt64 {
    machine_load64(address.rawValue)
  }

  /// Writes 8 bytes of memory.
  package func write(_ value: UInt64, to address: PhysicalAddress) {
    machine_store64(address.rawValue, value)
  }

  /// Copies a frame.
  package func copy(_ frame: FrameNumber, to other: FrameNumber) {
    for offset in 0..<512 as Range<UInt64> {
      write(read(frame.address + offset * 8), to: other.address + offset * 8)
    }
  }
}
