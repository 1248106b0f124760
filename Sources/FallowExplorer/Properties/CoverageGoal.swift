// SPDX-License-Identifier: Apache-2.0

/// What a search must have come upon at least once, if its verdict is to mean
/// anything.
public enum CoverageGoal: UInt8, CaseIterable, Sendable {
  /// An IOMMU cached a pointer to a table.
  case walked
  /// An IOMMU cached a pointer to a table that was retired.
  case heldInQuarantine
  /// A walk under way across an invalidation used a retired table.
  case walkedAcross
  /// An invalidation completed.
  case invalidated
  /// An invalidation failed.
  case failed
  /// A table was kept because a walker did not answer.
  case parked
  /// A table's frame was given back.
  case released
  /// A frame was taken while who had given it back was still at work.
  case reused
  /// No frame was left for a table.
  case refused
  /// The worker was scheduled while it ran.
  case rescheduled
  /// An interrupt came in the middle of an operation.
  case interrupted
  /// Readers were waited for that were there.
  case readersAwaited
  /// A store was seen by others later than by its CPU.
  case storeWaited
  /// The root of a space that devices had shared was given back.
  case ended

  /// As a sentence says it after "it never happened that".
  public var text: String {
    switch self {
    case .walked: "an IOMMU cached a pointer to a table"
    case .heldInQuarantine: "an IOMMU cached a pointer to a retired table"
    case .walkedAcross:
      "a walk under way across an invalidation used a retired table"
    case .invalidated: "an invalidation completed"
    case .failed: "an invalidation failed"
    case .parked: "a table was kept because a walker did not answer"
    case .released: "a frame was given back"
    case .reused: "a frame was taken while who had given it back was at work"
    case .refused: "no frame was left"
    case .rescheduled: "the worker was scheduled while it ran"
    case .interrupted: "an interrupt came in the middle of an operation"
    case .readersAwaited: "readers were waited for"
    case .storeWaited: "a store waited in a buffer"
    case .ended: "a space that devices had shared came to its end"
    }
  }
}

extension CoverageGoal {
  var bit: UInt32 { 1 << UInt32(rawValue) }

  /// The life of a table, from its use by a walker to that of its frame by the
  /// next owner.
  public static var lifeOfATable: Set<CoverageGoal> {
    [.walked, .heldInQuarantine, .invalidated, .released]
  }
}
