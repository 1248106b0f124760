import Fallow

/// An address space that devices behind one IOMMU can reach.
struct Attachment {
  var iommu: Int
  var pasid: PASID
  // What the caches know domain and PASID as.
  var tag: UInt32
  var root: FrameNumber
  var rootGeneration: UInt32
  /// The index of the space among the areas of users.
  var space: Int

  /// Who walks for a device.
  @inline(__always)
  var requester: Requester {
    Requester(
      walker: .iommu(iommu), pasid: pasid, tag: tag, globalTag: nil,
      root: root, rootGeneration: rootGeneration)
  }
}
