import Fallow

/// The hazard on the way to the tables: a page that the context cache leads
/// to, the PASID directory of VT-d or the root itself on RISC-V.
extension DMATests {
  /// The page that the context leads to is freed by a driver that has the IOTLB
  /// forget, but not the context cache.
  func freedPage(_ run: inout TestRun, _ frames: PhysicalAddress) {
    let context = iommu.context(of: device.requester)
    let cached = iommu.cachedPage(of: device.requester)
    let saved = (word: kernel.read(context), page: kernel.block(order: 0))
    kernel.copy(cached, to: saved.page)
    map(page, to: frames)
    kernel.write(0xc1, to: frames)
    kernel.write(0xc2, to: frames + 4096)
    run.check(
      find(page.start) == 0xc1, "before, the device walks the right tables",
      of: iommu.freedPage)
    kernel.write(0, to: context)
    invalidate(.without(tag: 0), nil)
    let forged = forgedRoot(leading: page.start, to: frames + 4096)
    iommu.plant(forged, in: cached)
    run.check(
      find(page.start) == 0xc2,
      "without the context cache's invalidation it is followed",
      of: iommu.freedPage)
    if recordsUse {
      let leaf = kernel.read(leafSlot(of: page.start, under: forged))
      run.check(
        Format.attributes(of: leaf, level: 1).contains(.accessed),
        "and the walk writes an accessed bit where it leads",
        of: iommu.freedPage)
    }
    kernel.copy(saved.page, to: cached)
    kernel.write(saved.word, to: context)
    invalidate(.without(tag: 0), nil)
    run.check(
      find(page.start) == 0xc1, "put back, all is as it was",
      of: iommu.freedPage)
    require(try setup.space.unmap(page))
    setup.reclaimer.reclaim()
    kernel.free(saved.page, order: 0)
  }

  /// A root like that of the kernel half, but for one page.
  func forgedRoot(
    leading address: VirtualAddress, to target: PhysicalAddress
  ) -> FrameNumber {
    let root = kernel.block(order: 0)
    kernel.copy(setup.kernelRoot, to: root)
    var table = root
    for level in (2...Format.levels).reversed() {
      let slot = Format.slot(for: address, in: table, level: level)
      let entry = kernel.read(slot)
      table = kernel.block(order: 0)
      if Format.isPresent(entry) {
        kernel.copy(
          FrameNumber(containing: Format.address(in: entry, level: level)),
          to: table)
      }
      kernel.write(
        Format.tableEntry(pointingTo: table.address, isKernel: true), to: slot)
    }
    kernel.write(
      Format.leafEntry(mapping: target, level: 1, attributes: attributes),
      to: Format.slot(for: address, in: table, level: 1))
    return root
  }

  /// Where the leaf of an address is under a root.
  private func leafSlot(
    of address: VirtualAddress, under root: FrameNumber
  ) -> PhysicalAddress {
    var table = root
    for level in (2...Format.levels).reversed() {
      let slot = Format.slot(for: address, in: table, level: level)
      table = FrameNumber(
        containing: Format.address(in: kernel.read(slot), level: level))
    }
    return Format.slot(for: address, in: table, level: 1)
  }
}
