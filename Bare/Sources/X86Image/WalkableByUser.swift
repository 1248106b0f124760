import Fallow

/// The 4-level tables of x86-64 with the user bit in every entry that points
/// to a table.
///
/// QEMU 10.0's VT-d knows requests of user privilege only, and wants the bit
/// at every level. For the CPUs it changes nothing: they run no user code, and
/// the leaf decides.
enum WalkableByUser: X86Paging {
  static var levels: Int { X86FourLevel.levels }
  static var kernelHalf: VirtualRange { X86FourLevel.kernelHalf }
  static var userHalf: VirtualRange { X86FourLevel.userHalf }

  static func tableEntry(
    pointingTo table: PhysicalAddress, isKernel: Bool
  ) -> UInt64 {
    X86FourLevel.tableEntry(pointingTo: table, isKernel: false)
  }
}
