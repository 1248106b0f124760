import Fallow

/// The invalidation queue of an IOMMU: in order, one descriptor at a time.
struct InvalidationQueue {
  /// What the IOMMU is to do.
  enum Descriptor {
    /// Forget what is tagged so; nil if no such address space is attached.
    case invalidation(InvalidationRequest, tag: UInt32?)
    /// Say that it came here.
    case wait(ticket: UInt64)
  }

  /// Descriptors that are not completed.
  var pending = Queue<Descriptor>()
  /// When the last of them will be, in nanoseconds.
  var idleFrom: UInt64 = 0
  /// The last ticket that was given out.
  var issued: UInt64 = 0
  /// The last ticket that was reached.
  var reached: UInt64 = 0
}
