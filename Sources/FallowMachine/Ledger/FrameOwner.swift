/// Who a frame belongs to.
public enum FrameOwner: Equatable, Sendable {
  /// Nobody, and it never belonged to anyone.
  case neverUsed
  /// A page table, from its construction until its release.
  case table(TableRecord)
  /// Whoever got the frame after its release.
  case nextOwner(NextOwner)
  /// Whoever allocated this run of leaf frames.
  case data(DataRecord)
  /// The allocator, or someone who just took it from there.
  case free
  /// Nobody: there is no such memory.
  case nowhere
}
