package import Fallow

/// What a device sees that walks the kernel's own tables.
///
/// `edu` is bound to the process of `setup` under PASID 0, that of requests
/// which carry none.
package struct DMATests<
  Format: PageTableFormat, Driver: DeviceExpelling, UnderTest: IOMMUUnderTest
> where Driver.P == Kernel, Format.Walked == Driver.Format {
  let setup: Setup<Format, Driver>
  let edu: Edu
  let iommu: UnderTest
  let attributes: LeafAttributes
  let recordsUse: Bool
  let kernel = Kernel()

  /// The page under test, its neighbour, and one where the device puts what it
  /// read.
  let page: VirtualRange
  let neighbour: VirtualRange
  let landing: VirtualRange
  let landingFrame: FrameNumber

  /// Tests in the 4 MiB from `window` on, where nothing is mapped, with
  /// leaves of these attributes.
  ///
  /// - Parameter recordsUse: Whether the IOMMU writes accessed and dirty bits.
  package init(
    _ setup: Setup<Format, Driver>, edu: Edu, iommu: UnderTest,
    window: VirtualAddress, attributes: LeafAttributes, recordsUse: Bool
  ) {
    self.setup = setup
    self.edu = edu
    self.iommu = iommu
    self.attributes = attributes
    self.recordsUse = recordsUse
    page = VirtualRange(start: window, size: 4096)
    neighbour = VirtualRange(start: window + 4096, size: 4096)
    landing = VirtualRange(start: window + 2 << 20, size: 4096)
    landingFrame = kernel.block(order: 0)
  }

  var device: Device {
    Device(iommu: 0, requester: edu.function.requester)
  }

  /// Lets the device walk the tables, and runs everything but what breaks the
  /// IOMMU.
  package func run(_ run: inout TestRun) {
    run.check(
      setup.process.bindWithoutPASID(device, tag: 0),
      "bind: the device walks the process's tables, kernel half included")
    let frames = kernel.block(order: 1)
    kernel.write(0xa1, to: frames.address)
    kernel.write(0xa2, to: frames.address + 4096)
    map(landing, to: landingFrame.address)
    bothWays(&run, frames.address)
    whatIsForgotten(&run, frames.address)
    tableGone(&run)
    unmappedRange(&run, frames.address)
    require(try setup.space.unmap(landing))
    setup.reclaimer.reclaim()
    kernel.free(frames, order: 1)
  }

  private func bothWays(_ run: inout TestRun, _ frames: PhysicalAddress) {
    map(page, to: frames)
    run.check(
      find(page.start) == 0xa1, "DMA: the device reads at a kernel address")
    run.check(
      kernel.read(landingFrame.address) == 0xa1, "DMA: it writes at another")
    if recordsUse { walksRecord(&run, frames) }
    edu.read(neighbour.start)
    let fault = iommu.takeFault()
    run.check(
      fault == DeviceFault(address: neighbour.start, reason: iommu.unmapped),
      "where nothing is mapped it faults")
  }

  private func walksRecord(_ run: inout TestRun, _ frames: PhysicalAddress) {
    run.check(
      recorded(page) == .accessed && recorded(landing) == .accessed | .dirty,
      "its walks set the accessed bit, and the dirty bit for a write")
    edu.write(page.start + 8)
    run.check(
      kernel.read(frames + 8) == 0xa1 && recorded(page) == .accessed,
      "QEMU: a write through an entry cached by a read sets no dirty bit")
  }

  /// A stale leaf, and the command that the IOMMU needs for it.
  private func whatIsForgotten(
    _ run: inout TestRun, _ frames: PhysicalAddress
  ) {
    map(neighbour, to: frames + 4096)
    _ = find(neighbour.start)
    require(try setup.space.unmap(page))
    run.check(
      find(page.start) == 0xa1, "unmapped, and the device still reads")
    invalidate(.without(tag: 0), neighbour)
    run.check(
      find(page.start) == 0xa1, "forgetting its neighbour does not help")
    if iommu.dropsKernelPagesBySpace {
      invalidate(.without(tag: 1), page)
      run.check(
        find(page.start) == 0xa1, "nor does forgetting it in another space")
    }
    _ = find(neighbour.start)
    invalidate(.without(tag: 0), page)
    run.check(
      find(page.start) == nil, "forgetting the page does: it faults")
    map(page, to: frames)
    require(try setup.space.unmap(neighbour))
    run.check(
      find(neighbour.start) == 0xa2, "the neighbour's entry was kept")
  }

  /// A range of the user half, whose frames are handed out again only when
  /// the device has forgotten them.
  private func unmappedRange(
    _ run: inout TestRun, _ frames: PhysicalAddress
  ) {
    let both = VirtualRange(start: VirtualAddress(8 << 30), size: 8192)
    let first = VirtualRange(start: both.start, size: 4096)
    require(
      try setup.process.space.map(both, to: frames, attributes: attributes))
    kernel.write(0xd1, to: frames)
    let before = find(first.start)
    let between = unmap(first)
    run.check(
      before == 0xd1 && between == 0xd1 && find(first.start) == nil,
      "an unmapped range: reusable only when the device faults there",
      of: "fallow")
  }

  /// Unmaps a range of the user half, and returns what the device finds there
  /// before its IOMMU has forgotten it.
  private func unmap(_ range: VirtualRange) -> UInt64? {
    do throws(MapError) {
      var stale = try setup.process.space.unmap(range)
      let found = find(range.start)
      while !stale.isEmpty {
        do throws(UnansweredError) {
          try stale.invalidate(by: setup.reclaimer)
        } catch {
          continue
        }
      }
      return found
    } catch {
      Machine.panic("an unmap failed at", error.address.rawValue)
    }
  }

  /// The last leaf goes, and with it the table.
  private func tableGone(_ run: inout TestRun) {
    let before = TableAccounts(of: kernel)
    require(try setup.space.unmap(page))
    let between = TableAccounts(of: kernel)
    run.check(
      between.quarantined == before.quarantined + 1,
      "the table that went with the last leaf is quarantined")
    run.check(
      find(page.start) == nil && find(neighbour.start) == 0xa2,
      "until the worker runs, the device may use what it cached")
    setup.reclaimer.reclaim()
    run.check(
      find(neighbour.start) == nil && find(page.start) == nil,
      "the worker makes it forget the kernel half: it faults")
    let after = TableAccounts(of: kernel)
    run.check(
      after.quarantined == 0
        && after.released == between.released + between.quarantined,
      "then it releases the table")
  }

  /// The bound on quarantined tables, in a space of its own.
  ///
  /// - Precondition: A device is bound, and the reclaimer of `bounded` drains
  ///   from ``limit`` tables on.
  package func bound(
    _ run: inout TestRun, _ bounded: Setup<Format, Driver>
  ) {
    let frame = kernel.block(order: 0)
    setup.reclaimer.reclaim()
    // The tables of one stretch stay, so each round empties one table.
    let stays = VirtualRange(start: landing.start, size: 4096)
    require(
      try bounded.space.map(
        stays, to: frame.address, attributes: attributes))
    for _ in 0..<Self.limit {
      require(
        try bounded.space.map(
          page, to: frame.address, attributes: attributes))
      require(try bounded.space.unmap(page))
    }
    let full = TableAccounts(of: kernel).quarantined
    require(
      try bounded.space.map(page, to: frame.address, attributes: attributes))
    run.check(
      full == Self.limit && TableAccounts(of: kernel).quarantined == 0,
      "the bound: retiring goes on up to it, the next map drains first")
    require(try bounded.space.unmap(page))
    require(try bounded.space.unmap(stays))
    setup.reclaimer.reclaim()
    kernel.free(frame, order: 0)
  }

  /// The bound that ``bound(_:_:)`` tests.
  package static var limit: UInt64 { 8 }

  func map(_ range: VirtualRange, to address: PhysicalAddress) {
    require(
      try setup.space.map(range, to: address, attributes: attributes))
  }

  /// Makes the IOMMU forget the leaves of a range, or all if it is nil.
  func invalidate(_ pasid: PASID, _ range: VirtualRange?) {
    let driver = setup.reclaimer.sharing.driver
    driver.submit(
      InvalidationRequest(pasid: pasid, range: range, leavesOnly: true), to: 0)
    if !driver.wait(for: driver.fence(0), on: 0) {
      Machine.panic("the IOMMU does not answer", 0)
    }
  }

  /// What walkers recorded in the leaf at the start of a range.
  private func recorded(_ range: VirtualRange) -> LeafAttributes {
    (setup.space.translate(range.start)?.attributes ?? .none)
      .subtracting(attributes)
  }

  /// What the device finds at an address; nil if it faults, or if its requests
  /// are refused without a report.
  func find(_ address: VirtualAddress) -> UInt64? {
    let unwritten: UInt64 = 0xffff_0000_ffff_0000
    kernel.write(unwritten, to: landingFrame.address)
    edu.read(address)
    if iommu.takeFault() != nil { return nil }
    edu.write(landing.start)
    let found = kernel.read(landingFrame.address)
    return found == unwritten ? nil : found
  }
}
