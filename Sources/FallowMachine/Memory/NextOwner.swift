// SPDX-License-Identifier: Apache-2.0

/// The owner of a frame after its release, and what it keeps there.
public struct NextOwner: Equatable, BitwiseCopyable, Sendable {
  /// What a next owner fills a frame with.
  public enum Fill: UInt8, CaseIterable, Equatable, BitwiseCopyable, Sendable {
    /// Zeros: no walker finds its way on.
    case zeros
    /// Random bytes.
    case random
    /// Words that look like present entries and lead to frames that exist.
    case forged
  }

  /// Which owner, counted from 1.
  public var number: UInt32

  /// What they filled it with.
  public var fill: Fill

  /// Since when they have it, in nanoseconds.
  public var since: UInt64
}
