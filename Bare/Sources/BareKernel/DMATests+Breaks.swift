import Fallow

/// Break-before-make, which does not reach devices.
extension DMATests {
  /// Runs what splits and collapses leaves: while no device is bound, where the
  /// format demands a break.
  ///
  /// - Precondition: The device is bound, as it is afterwards.
  func whereBreaksAreAllowed(
    _ run: inout TestRun, _ body: (inout TestRun) -> Void
  ) {
    guard Format.requiresBreakBeforeMake else { return body(&run) }
    run.check(
      refusesToBreak(),
      "while a device is bound, a split with a break is refused")
    let hasLeft = setup.process.unbind()
    body(&run)
    run.check(
      hasLeft && setup.process.bindWithoutPASID(device, tag: 0),
      "the device leaves for them, and comes back")
  }

  private func refusesToBreak() -> Bool {
    let block = kernel.block(order: 9)
    let large = VirtualRange(start: page.start, size: 2 << 20)
    map(large, to: block.address)
    var refusal: MapError.Kind?
    do throws(MapError) {
      try setup.space.split(at: large.start, level: 2, breaks: true)
    } catch {
      refusal = error.kind
    }
    let isWhole = setup.space.translate(large.start)?.level == 2
    require(try setup.space.unmap(large))
    setup.reclaimer.reclaim()
    kernel.free(block, order: 9)
    return refusal == .bound && isWhole
  }
}
