// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// The tiny format of spaces that have a user half alone, as AArch64's are.
enum TinyUserFormat: PageTableFormat {
  private typealias Tiny = TinyFormat<TwoByTwo>

  static var levels: Int { Tiny.levels }
  static var indexBits: Int { Tiny.indexBits }
  static var maxLeafLevel: Int { Tiny.maxLeafLevel }
  /// No entry of a root is the kernel's.
  static var kernelHalfIndex: Int { entriesPerTable }
  static var kernelHalf: VirtualRange { Tiny.kernelHalf }
  static var userHalf: VirtualRange { Tiny.userHalf }
  static var physicalAddressBits: UInt64 { Tiny.physicalAddressBits }

  static func isPresent(_ entry: UInt64) -> Bool { Tiny.isPresent(entry) }

  static func isLeaf(_ entry: UInt64, level: Int) -> Bool {
    Tiny.isLeaf(entry, level: level)
  }

  static func isPlainTable(_ entry: UInt64) -> Bool {
    Tiny.isPlainTable(entry)
  }

  static func tableEntry(
    pointingTo table: PhysicalAddress, isKernel: Bool
  ) -> UInt64 { Tiny.tableEntry(pointingTo: table, isKernel: isKernel) }

  static func leafEntry(
    mapping address: PhysicalAddress, level: Int, attributes: LeafAttributes
  ) -> UInt64 {
    Tiny.leafEntry(mapping: address, level: level, attributes: attributes)
  }

  static func address(in entry: UInt64, level: Int) -> PhysicalAddress {
    Tiny.address(in: entry, level: level)
  }

  static func attributeMask(level: Int) -> UInt64 {
    Tiny.attributeMask(level: level)
  }

  static func attributes(of entry: UInt64, level: Int) -> LeafAttributes {
    Tiny.attributes(of: entry, level: level)
  }
}
