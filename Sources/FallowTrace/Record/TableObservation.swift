// SPDX-License-Identifier: Apache-2.0

/// What `fallow record` saw of a table when an event about it fired.
///
/// The recorder walks the kernel's page tables from their root to the address
/// that the table translated, and notes whether an entry on the way names the
/// table's frame.
public struct TableObservation: BitwiseCopyable, Equatable, Sendable {
  /// Whether an entry names the frame.
  public enum Naming: UInt8, BitwiseCopyable, Sendable {
    /// The place of the table is not known, so no walk was possible.
    case unknown
    /// The walk met no entry that names the frame.
    case cleared
    /// The walk met an entry that links the frame as a table.
    case named
  }

  /// The address of the frame's descriptor.
  public var descriptor: UInt64
  /// The first address that the table translates; nil if it is not known.
  public var address: UInt64?
  /// The table's level; nil if it is not known.
  public var level: LinuxLevel?
  /// Whether an entry names the frame.
  public var naming: Naming
  /// The address of the entry at which the walk ended; 0 without a walk.
  public var entry: UInt64
  /// The descriptor's type word; nil where the event does not say.
  public var typeWord: UInt32?
  /// The descriptor's reference count; nil where the event does not say.
  public var references: UInt16?
  /// The callers, innermost first; nil where the event does not say.
  public var stack: CallStack?
  /// The frame holds data that a leaf entry maps, and is no table.
  public var isData: Bool

  /// Where the table was linked, if both address and level are known.
  public var place: Place? {
    guard let address, let level else { return nil }
    return .exact(address: level.window(of: address), level: level)
  }

  /// The type word of a constructed table, in its highest byte.
  ///
  /// `PGTY_table` of the kernel's `enum pagetype` (linux/page-flags.h).
  static let tableType: UInt32 = 0xF2

  /// Whether the table's destructor has not run; nil if that is not known.
  public var isConstructed: Bool? {
    typeWord.map { $0 >> 24 == Self.tableType }
  }
}
