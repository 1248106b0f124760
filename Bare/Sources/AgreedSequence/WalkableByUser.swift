public import Fallow

/// The 4-level tables of x86-64 with the user bit in every entry that points
/// to a table.
///
/// QEMU 10.0's VT-d knows requests of user privilege only, and wants the bit
/// at every level. For the CPUs it changes nothing: they run no user code, and
/// the leaf decides.
public enum WalkableByUser: X86Paging {
  /// What VT-d walks.
  public typealias Walked = X86FourLevel

  /// As in `X86FourLevel`.
  public static var levels: Int { X86FourLevel.levels }

  /// As in `X86FourLevel`.
  public static var kernelHalf: VirtualRange { X86FourLevel.kernelHalf }

  /// As in `X86FourLevel`.
  public static var userHalf: VirtualRange { X86FourLevel.userHalf }

  /// The leaves of the kernel half may have the user bit too.
  public static func unsupportedAttributes(
    ofKernelHalf isKernel: Bool
  ) -> LeafAttributes {
    isKernel ? .none : .global
  }

  /// For requests of any privilege.
  public static func tableEntry(
    pointingTo table: PhysicalAddress, isKernel: Bool
  ) -> UInt64 {
    X86FourLevel.tableEntry(pointingTo: table, isKernel: false)
  }
}
