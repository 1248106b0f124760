/* What IOMMUs cache, and who shares the kernel's addresses with a device. */
#ifndef FALLOW_KERNEL_IOMMU_H
#define FALLOW_KERNEL_IOMMU_H

/* What an IOMMU that does not snoop reads: entries are in memory after it. */
#define clflush_cache_range(entries, size) fallow_write_back(entries, size)

/* All IOMMUs, all spaces; waits until each has answered. */
#define iommu_sva_invalidate_kva_range(start, end) \
  ((void)fallow_iommu_invalidate(start, end))
/* The same; false if one did not answer. */
#define iommu_invalidate_range(start, end) fallow_iommu_invalidate(start, end)

/* The device behind an IOMMU shares the space under a PASID. */
#define iommu_sva_bind_device(iommu, pasid) fallow_bind(iommu, pasid)
#define iommu_sva_unbind_device(iommu, pasid) ((void)fallow_unbind(iommu, pasid))

#endif
