import Fallow

/// The tables of `Base` with the user bit in every entry that points to a
/// table.
///
/// QEMU 10.0's VT-d knows requests of user privilege only, and wants the bit
/// at every level. For the CPUs it changes nothing: they run no user code, and
/// the leaf decides.
enum WalkableByUser<Base: PageTableFormat>: PageTableFormat {
  static var levels: Int { Base.levels }
  static var indexBits: Int { Base.indexBits }
  static var maxLeafLevel: Int { Base.maxLeafLevel }
  static var kernelHalfIndex: Int { Base.kernelHalfIndex }
  static var kernelHalf: VirtualRange { Base.kernelHalf }
  static var userHalf: VirtualRange { Base.userHalf }

  static func isPresent(_ entry: UInt64) -> Bool { Base.isPresent(entry) }

  static func isLeaf(_ entry: UInt64, level: Int) -> Bool {
    Base.isLeaf(entry, level: level)
  }

  static func tableEntry(
    pointingTo table: PhysicalAddress, isKernel: Bool
  ) -> UInt64 {
    Base.tableEntry(pointingTo: table, isKernel: false)
  }

  static func leafEntry(
    mapping address: PhysicalAddress, level: Int, attributes: LeafAttributes
  ) -> UInt64 {
    Base.leafEntry(mapping: address, level: level, attributes: attributes)
  }

  static func address(in entry: UInt64, level: Int) -> PhysicalAddress {
    Base.address(in: entry, level: level)
  }

  static func attributes(
    of entry: UInt64, level: Int
  ) -> LeafAttributes {
    Base.attributes(of: entry, level: level)
  }
}
