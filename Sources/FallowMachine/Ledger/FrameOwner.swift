// SPDX-License-Identifier: Apache-2.0

/// The owner of a frame.
public enum FrameOwner: Equatable, Sendable {
  /// Nobody, and it never belonged to anyone.
  case neverUsed
  /// A page table, from its construction until its release.
  case table(TableRecord)
  /// The owner after the frame's release.
  case nextOwner(NextOwner)
  /// The owner of this run of leaf frames.
  case data(DataRecord)
  /// The allocator, or a caller that just took it from there.
  case free
  /// Nobody: there is no such memory.
  case nowhere
}
