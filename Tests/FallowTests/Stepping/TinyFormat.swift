// SPDX-License-Identifier: Apache-2.0

import Fallow

/// How many levels a tiny format has.
protocol TinyDepth {
  static var levels: Int { get }
}

enum TwoLevels: TinyDepth {
  static var levels: Int { 2 }
}

enum ThreeLevels: TinyDepth {
  static var levels: Int { 3 }
}

/// Two entries per table, so that a search of all interleavings ends.
enum TinyFormat<Depth: TinyDepth>: PageTableFormat {
  static var levels: Int { Depth.levels }
  static var indexBits: Int { 1 }
  static var maxLeafLevel: Int { 1 }
  static var kernelHalfIndex: Int { 0 }

  static var kernelHalf: VirtualRange {
    VirtualRange(
      start: VirtualAddress(0), size: FrameNumber.size << UInt64(levels))
  }
  static var userHalf: VirtualRange { kernelHalf }

  static func isPresent(_ entry: UInt64) -> Bool { entry & 1 != 0 }
  static func isLeaf(_ entry: UInt64, level: Int) -> Bool { level == 1 }

  static func isPlainTable(_ entry: UInt64) -> Bool { true }

  static func tableEntry(
    pointingTo table: PhysicalAddress, isKernel: Bool
  ) -> UInt64 { table.rawValue | 1 }

  static func leafEntry(
    mapping address: PhysicalAddress, level: Int, attributes: LeafAttributes
  ) -> UInt64 { address.rawValue | 1 }

  static var requiresBreakBeforeMake: Bool { false }

  static func unsupportedAttributes(in attributes: LeafAttributes)
    -> LeafAttributes
  {
    .none
  }

  static func address(in entry: UInt64, level: Int) -> PhysicalAddress {
    PhysicalAddress(entry & ~(FrameNumber.size - 1))
  }

  static var physicalAddressBits: UInt64 { 63 }

  static func attributeMask(level: Int) -> UInt64 { FrameNumber.size - 1 }

  static func attributes(of entry: UInt64, level: Int) -> LeafAttributes {
    .none
  }
}
