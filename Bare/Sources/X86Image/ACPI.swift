import BareKernel
import CMachine

/// What the firmware says of the machine.
enum ACPI {
  /// Where the registers of the first VT-d are: the DMAR table's first DRHD.
  static var iommuRegisters: UInt64 {
    // hvm_start_info: at 32 the RSDP; in that, at 16 the RSDT.
    let pointer = machine_load64(machine_start_information() + 32)
    let root = UInt64(machine_load32(pointer + 16))
    let size = UInt64(machine_load32(root + 4))
    var entry: UInt64 = 36
    while entry < size {
      let table = UInt64(machine_load32(root + entry))
      // "DMAR"
      if machine_load32(table) == 0x5241_4d44 {
        return machine_load64(table + 48 + 8)
      }
      entry += 4
    }
    Machine.panic("no DMAR table", root)
  }
}
