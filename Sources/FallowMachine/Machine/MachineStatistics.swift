// SPDX-License-Identifier: Apache-2.0

/// What a machine counted since it was made.
public struct MachineStatistics: Equatable, BitwiseCopyable, Sendable {
  /// Requests that devices issued: ``cacheHits``, ``walks`` and ``blocked``
  /// together.
  public var deviceRequests: UInt64 = 0
  /// Requests that an IOTLB answered.
  public var cacheHits: UInt64 = 0
  /// Requests for which an IOMMU walked, from wherever its paging-structure
  /// caches let it begin.
  public var walks: UInt64 = 0
  /// Walks of IOMMUs that ended at an entry which leads nowhere.
  public var notPresent: UInt64 = 0
  /// Walks of IOMMUs that ended at a leaf which does not allow the request.
  public var refusals: UInt64 = 0
  /// Requests for which an IOMMU found no address space.
  public var blocked: UInt64 = 0
  /// Accesses of CPUs.
  public var cpuAccesses: UInt64 = 0
  /// Accesses for which a CPU walked.
  public var cpuWalks: UInt64 = 0

  /// Walks of any walker that went through a table which was unlinked and not
  /// released yet; each counts once.
  public var walksThroughQuarantined: UInt64 = 0
  /// Walks of any walker that read an entry of a table which is no longer one;
  /// each counts once.
  public var staleReads: UInt64 = 0
  /// Walks of any walker that wrote an accessed or dirty bit into a table
  /// which is no longer one; each counts once.
  public var staleWrites: UInt64 = 0
  /// Accesses of devices that reached a leaf frame which has a new owner.
  public var staleAccesses: UInt64 = 0

  /// Invalidation requests that IOMMUs were given.
  public var invalidationRequests: UInt64 = 0
  /// Descriptors of their queues: requests and waits.
  public var descriptors: UInt64 = 0
  /// Writes to registers that were lost, because another was under way.
  public var lostWrites: UInt64 = 0
  /// Failures of IOMMUs that stopped their queue.
  public var failures: UInt64 = 0
  /// How often someone waited for an IOMMU.
  public var waits: UInt64 = 0
  /// For how long they waited, in nanoseconds.
  public var waitedNanoseconds: UInt64 = 0

  /// Device requests that were not issued for want of a place to ask for.
  public var skippedRequests: UInt64 = 0

  /// Nothing counted yet.
  public init() {}
}
