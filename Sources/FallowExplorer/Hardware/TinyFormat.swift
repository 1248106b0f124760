// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// How many levels and entries a tiny format has.
public protocol TinyShape: Sendable {
  /// Two, or three where leaves may be large.
  static var levels: Int { get }
  /// The binary logarithm of the entries of a table: 1 or 2.
  static var indexBits: Int { get }
  /// Whether a table and a leaf must not be exchanged while the entry is
  /// present.
  static var requiresBreakBeforeMake: Bool { get }
  /// Whether an entry that leads to a table is written with the flag that a
  /// walker would set in it.
  static var presetsFlags: Bool { get }
}

extension TinyShape {
  /// No.
  public static var presetsFlags: Bool { false }
  /// No.
  public static var requiresBreakBeforeMake: Bool { false }
}

/// Two levels of two entries: the entries of the root are the slots.
public enum TwoByTwo: TinyShape {
  /// Two.
  public static var levels: Int { 2 }
  /// One.
  public static var indexBits: Int { 1 }
}

/// Three levels of two entries: leaves of level 2 can be split and collapsed.
public enum ThreeByTwo: TinyShape {
  /// Three.
  public static var levels: Int { 3 }
  /// One.
  public static var indexBits: Int { 1 }
}

/// Two levels of two entries, which lead to tables with their flag set, as
/// `AArch64FourKiB` and the formats of x86 write them.
public enum TwoByTwoPreset: TinyShape {
  /// Two.
  public static var levels: Int { 2 }
  /// One.
  public static var indexBits: Int { 1 }
  /// Yes.
  public static var presetsFlags: Bool { true }
}

/// Three levels of two entries, where the architecture demands
/// break-before-make.
public enum ThreeByTwoBreaking: TinyShape {
  /// Three.
  public static var levels: Int { 3 }
  /// One.
  public static var indexBits: Int { 1 }
  /// Yes.
  public static var requiresBreakBeforeMake: Bool { true }
}

/// Page tables of a few entries, so that a search of every interleaving ends.
///
/// The code that works on them is the same; only the numbers are small. The
/// whole space is the kernel half: what the root of the modelled tables stands
/// for is a permanent table that the root of every address space points to.
public enum TinyFormat<Shape: TinyShape>: PageTableFormat {
  /// As the shape says.
  public static var levels: Int { Shape.levels }
  /// As the shape says.
  public static var indexBits: Int { Shape.indexBits }
  /// All levels but the root's.
  public static var maxLeafLevel: Int { Shape.levels - 1 }
  /// All entries are the kernel's.
  public static var kernelHalfIndex: Int { 0 }

  /// All addresses.
  public static var kernelHalf: VirtualRange {
    VirtualRange(
      start: VirtualAddress(0),
      size: FrameNumber.size << UInt64(levels * indexBits))
  }

  /// The same addresses: there is no other half.
  public static var userHalf: VirtualRange { kernelHalf }

  /// Bit 0.
  public static func isPresent(_ entry: UInt64) -> Bool {
    entry & TinyEntry.present != 0
  }

  /// Bit 1, and every entry of level 1.
  public static func isLeaf(_ entry: UInt64, level: Int) -> Bool {
    level == 1 || entry & TinyEntry.leaf != 0
  }

  /// A pointer to a table says nothing else.
  public static func isPlainTable(_ entry: UInt64) -> Bool { true }

  /// As the shape says.
  public static var requiresBreakBeforeMake: Bool {
    Shape.requiresBreakBeforeMake
  }

  /// A pointer to a table.
  public static func tableEntry(
    pointingTo table: PhysicalAddress, isKernel: Bool
  ) -> UInt64 {
    table.rawValue | TinyEntry.present
      | (Shape.presetsFlags ? TinyEntry.accessed : 0)
  }

  /// A leaf.
  public static func leafEntry(
    mapping address: PhysicalAddress, level: Int, attributes: LeafAttributes
  ) -> UInt64 {
    address.rawValue | TinyEntry.present | TinyEntry.leaf
      | (attributes.contains(.writable) ? TinyEntry.writable : 0)
  }

  /// All but the bits below a page.
  public static func address(in entry: UInt64, level: Int) -> PhysicalAddress {
    PhysicalAddress(entry & ~(FrameNumber.size - 1))
  }

  /// All that a word holds.
  public static var physicalAddressBits: UInt64 { 63 }

  /// The bits below a page.
  public static func attributeMask(level: Int) -> UInt64 {
    FrameNumber.size - 1
  }

  /// Writable or not: a tiny leaf says nothing else.
  public static func attributes(
    of entry: UInt64, level: Int
  ) -> LeafAttributes {
    entry & TinyEntry.writable != 0 ? .writable : .none
  }
}

/// The bits of a tiny entry.
enum TinyEntry {
  static var present: UInt64 { 1 << 0 }
  static var leaf: UInt64 { 1 << 1 }
  static var writable: UInt64 { 1 << 2 }
  /// What walkers set: that an entry was used, and that a leaf was written
  /// through.
  static var accessed: UInt64 { 1 << 3 }
  static var dirty: UInt64 { 1 << 4 }
  /// Where its address is: above it code has bits of its own.
  static var address: UInt64 { (1 << 52 - 1) & ~(FrameNumber.size - 1) }

  /// The frame of the table that an entry points to; negative if it is not
  /// present, a leaf, or points to no frame.
  @inline(__always)
  static func table(in entry: UInt64) -> Int {
    guard entry & (present | leaf) == present else { return -1 }
    return FrameName.index(
      ofNumber: (entry & address) &>> UInt64(FrameNumber.shift))
  }
  /// What stands in a frame that its last owner gave back: bytes that a walker
  /// would take for a leaf.
  static var leftover: UInt64 { present | leaf | 0xbad << FrameNumber.shift }
}
