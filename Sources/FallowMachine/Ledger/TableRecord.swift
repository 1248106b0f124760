// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// The life of one table: what it was, and which actor did what to it when.
public struct TableRecord: Equatable, Sendable {
  /// The frame, or the first of several.
  public var frame: FrameNumber
  /// The binary logarithm of the frames it has.
  public var order: Int
  /// Its level; 1 holds the smallest leaves.
  public var level: Int
  /// Whether it carries the kernel mark.
  public var isKernel: Bool
  /// The generation of the frame while it was this table.
  public var generation: UInt32
  /// The first virtual address that it translates; nil if it was never linked.
  public var window: VirtualAddress?
  /// When it was made.
  public var constructed: MachineMoment
  /// When the entry that points to it was written; nil if none was.
  public var linked: MachineMoment?
  /// When that entry was cleared or overwritten, or the table was unlinked
  /// with the one above it; nil if neither happened.
  public var unlinked: MachineMoment?
  /// When it was retired; nil if it was not.
  public var quarantined: MachineMoment?
  /// When it was released; nil if it was not.
  public var released: MachineMoment?

  /// For how long it was quarantined, in nanoseconds; nil if it was released
  /// without, or is not released.
  public var quarantine: UInt64? {
    guard let quarantined, let released else { return nil }
    return released.time - quarantined.time
  }
}
