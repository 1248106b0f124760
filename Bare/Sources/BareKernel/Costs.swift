import CMachine
package import Fallow

/// What the library's operations cost, in instructions, exactly.
///
/// The emulator counts: one tick of the clock for each instruction. What the
/// readings of the clock cost is taken off.
package struct Costs<
  Format: PageTableFormat, Driver: IOMMUDriver
> where Driver.P == Kernel {
  private let setup: Setup<Format, Driver>
  private let kernel = Kernel()

  /// Measures in the window of `setup`.
  package init(_ setup: Setup<Format, Driver>) {
    self.setup = setup
  }

  private var window: VirtualAddress { setup.window }

  /// Measures and reports everything.
  ///
  /// - Precondition: No other CPU joined the cross calls: its instructions
  ///   would count too.
  package func report(_ run: TestRun) {
    mapAndUnmap(run)
    retireAndReclaim(run)
  }

  private func mapAndUnmap(_ run: TestRun) {
    let frame = kernel.block(order: 0)
    let first = VirtualRange(start: window, size: 4096)
    let second = VirtualRange(start: window + 4096, size: 4096)
    require(
      try setup.space.map(first, to: frame.address, attributes: .writable))
    var start = Self.now
    require(
      try setup.space.map(second, to: frame.address, attributes: .writable))
    run.figure("map a page, its table there", Self.since(start), Self.unit)
    start = Self.now
    require(try setup.space.unmap(second))
    run.figure("unmap a page, its table stays", Self.since(start), Self.unit)
    require(try setup.space.unmap(first))
    setup.reclaimer.reclaim()
    kernel.free(frame, order: 0)
  }

  private func retireAndReclaim(_ run: TestRun) {
    let frame = kernel.block(order: 0)
    // A page that stays keeps the tables above.
    let stays = VirtualRange(start: window, size: 4096)
    require(
      try setup.space.map(stays, to: frame.address, attributes: .writable))
    let (first, further) = retire(17, over: frame)
    if setup.reclaimer.sharing.isUnused() {
      run.figure("retire, which releases at once", further, Self.unit)
      require(try setup.space.unmap(stays))
      kernel.free(frame, order: 0)
      return
    }
    run.figure("retire, first of a batch", first, Self.unit)
    run.figure("retire, further", further, Self.unit)
    let neighbours = reclaim()
    let staying = VirtualRange(start: window + 32 << 21, size: 32 << 21)
    _ = retire(17, over: frame, apartBy: staying)
    let apart = reclaim()
    // One table between tables that stay, as each of those before. Once in a
    // turn of the queue, room is looked for: not in both.
    _ = retire(1, over: frame)
    let earlier = reclaim()
    _ = retire(1, over: frame)
    let one = min(earlier, reclaim())
    require(try setup.space.unmap(staying))
    setup.reclaimer.reclaim()
    let each = (apart - one) / 16
    run.figure("reclaim, each table", each, Self.unit)
    run.figure(
      "reclaim, each table beside another", (neighbours - one) / 16, Self.unit)
    run.figure(
      "reclaim, fixed, with one invalidation", one - each, Self.unit)
    run.figure("of it, invalidation and wait", invalidate(), Self.unit)
    require(try setup.space.unmap(stays))
    setup.reclaimer.reclaim()
    kernel.free(frame, order: 0)
  }

  /// Retires `count` tables one by one: what the first cost, and the last.
  ///
  /// Their frames lie side by side, or tables of `staying` lie between them.
  private func retire(
    _ count: UInt64, over frame: FrameNumber,
    apartBy staying: VirtualRange? = nil
  ) -> (first: UInt64, last: UInt64) {
    var tables = UnlinkedTables<Kernel, KernelHalf>(on: kernel)
    for index in 1...count {
      let page = VirtualRange(start: window + index << 21, size: 4096)
      require(
        try setup.space.map(page, to: frame.address, attributes: .writable))
      if let staying {
        let page = VirtualRange(
          start: staying.start + (index - 1) << 21, size: 4096)
        require(
          try setup.space.map(page, to: frame.address, attributes: .writable))
      }
      require(try setup.space.unmap(page, into: &tables))
    }
    var first: UInt64 = 0
    var last: UInt64 = 0
    for index in 0..<count {
      let table = tables.removeFirst()
      let start = Self.now
      setup.reclaimer.retire(table)
      last = Self.since(start)
      if index == 0 { first = last }
    }
    setup.reclaimer.retire(tables)
    return (first, last)
  }

  /// The kernel half of one address space, and the wait for it.
  private func invalidate() -> UInt64 {
    let driver = setup.reclaimer.sharing.driver
    let request = InvalidationRequest(
      pasid: .without(tag: 0), range: driver.kernelHalf)
    let start = Self.now
    driver.submit(request, to: 0)
    let isAnswered = driver.wait(for: driver.fence(0), on: 0)
    let cost = Self.since(start)
    if !isAnswered { Machine.panic("the IOMMU does not answer", 0) }
    return cost
  }

  private func reclaim() -> UInt64 {
    let start = Self.now
    setup.reclaimer.reclaim()
    return Self.since(start)
  }

  private static var unit: StaticString { "instructions" }

  private static var now: UInt64 { machine_instructions() }

  /// What was executed since `start`, without the two readings.
  private static func since(_ start: UInt64) -> UInt64 {
    let end = now
    let overhead = now - end
    return end - start - overhead
  }
}
