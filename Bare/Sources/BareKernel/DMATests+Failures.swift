import Fallow

/// An IOMMU that fails, and one that gets no command.
extension DMATests {
  /// An invalidation that fails releases nothing.
  ///
  /// The last to be run: it ends with the device expelled.
  package func failures(_ run: inout TestRun) {
    let block = kernel.block(order: 1)
    let frames = block.address
    map(landing, to: landingFrame.address)
    freedPage(&run, frames)
    let reclaimer = setup.reclaimer
    retireTable(frames)
    let free = kernel.freeFrames
    iommu.breakQueue()
    reclaimer.reclaim()
    run.check(
      TableAccounts(of: kernel).parked == 1 && kernel.freeFrames == free,
      "malformed descriptor: the batch is parked")
    // The driver declares the next ticket void too: two runs.
    reclaimer.reclaim()
    reclaimer.reclaim()
    run.check(
      TableAccounts(of: kernel).parked == 0 && kernel.freeFrames == free + 1,
      "malformed descriptor: a later run, which is answered, releases it")
    retireTable(frames)
    iommu.stopQueue()
    reclaimer.reclaim()
    reclaimer.reclaim()
    run.check(
      TableAccounts(of: kernel).parked == 1 && kernel.freeFrames == free,
      "stopped queue: parked, however often the worker runs")
    let cached = iommu.cachedPage(of: device.requester)
    let forged = forgedRoot(leading: page.start, to: frames + 4096)
    let hasLeft = expel()
    reclaimer.reclaim()
    run.check(
      hasLeft && TableAccounts(of: kernel).parked == 0,
      "stopped queue: expelling the device releases it")
    edu.function.enable(isMaster: true)
    iommu.plant(forged, in: cached)
    run.check(
      find(page.start) == nil,
      "through the library it is not followed", of: iommu.freedPage)
    run.check(
      setup.process.unbind(),
      "stopped queue: the expelled device is unbound without an answer")
    require(try setup.space.unmap(landing))
    kernel.free(block, order: 1)
  }

  private func expel() -> Bool {
    do throws(UnansweredError) {
      try setup.reclaimer.expel(device)
    } catch {
      return false
    }
    return true
  }

  /// Leaves one table for the worker, which the device walked.
  private func retireTable(_ frames: PhysicalAddress) {
    map(page, to: frames)
    _ = find(page.start)
    require(try setup.space.unmap(page))
  }
}
