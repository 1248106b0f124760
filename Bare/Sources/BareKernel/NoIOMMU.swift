package import Fallow

/// A machine without an IOMMU: nobody is to be told.
package struct NoIOMMU: IOMMUDriver {
  /// The driver of nothing.
  package init() {}
  package var platform: Kernel { Kernel() }
  package var kernelHalf: VirtualRange {
    VirtualRange(start: VirtualAddress(0), size: 0)
  }
  package func submit(_ request: InvalidationRequest, to iommu: Int) {}
  package func fence(_ iommu: Int) -> UInt64 { 0 }
  package func wait(for ticket: UInt64, on iommu: Int) -> Bool { true }
}
