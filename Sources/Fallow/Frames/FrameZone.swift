// SPDX-License-Identifier: Apache-2.0

/// The number of an allocator among those over one table of descriptors: a zone
/// of memory, or a NUMA node's.
///
/// Each frame's descriptor says its zone, so that blocks of two allocators are
/// never merged, and a frame that is given back to the wrong one is found.
@frozen
public struct FrameZone: Hashable, BitwiseCopyable, Sendable {
  /// The number: from 1 to ``mostZones``.
  public let number: UInt8

  /// How many zones one table of descriptors can have.
  @inlinable
  public static var mostZones: UInt8 { 63 }

  /// The zone with that number; nil if it is below 1 or above ``mostZones``.
  ///
  /// - Parameter number: The number of the zone.
  @inlinable
  public init?(_ number: Int) {
    guard number >= 1 && number <= Int(Self.mostZones) else { return nil }
    self.number = UInt8(truncatingIfNeeded: number)
  }

  @inlinable
  init(checked number: UInt8) {
    self.number = number
  }

  /// The zone of a kernel that has one allocator.
  @inlinable
  public static var first: Self { Self(checked: 1) }
}
