// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// Something that happened, for tests that watch an order.
public struct MachineEvent: Equatable, Sendable {
  /// What happened.
  public enum Kind: Equatable, Sendable {
    /// A block of 2^`order` frames was handed out.
    case allocated(FrameNumber, order: Int)
    /// A table was constructed.
    case constructed(FrameNumber)
    /// An entry was made to point to a table.
    case linked(FrameNumber)
    /// The entry that pointed to a table was cleared or overwritten.
    case cleared(FrameNumber)
    /// Every CPU forgot a range.
    case flushed(VirtualRange)
    /// A CPU made new entries of a range visible to its walks.
    case published(VirtualRange)
    /// A table was retired: it is quarantined.
    case retired(FrameNumber)
    /// An IOMMU was given an invalidation request.
    case submitted(InvalidationRequest, iommu: Int)
    /// An IOMMU completed an invalidation request.
    case invalidated(InvalidationRequest, iommu: Int)
    /// An IOMMU will not do the oldest request in its queue.
    case skipped(iommu: Int)
    /// The queue of an IOMMU begins anew: what was in it is lost.
    case restarted(iommu: Int)
    /// An IOMMU came to a wait and said so.
    case answered(iommu: Int)
    /// A table was parked.
    case parked(FrameNumber)
    /// A table's frame was released.
    case released(FrameNumber)
    /// The next owner of a frame filled it.
    case reused(FrameNumber)
  }

  /// When, in simulated nanoseconds.
  public var time: UInt64

  /// What.
  public var kind: Kind
}
