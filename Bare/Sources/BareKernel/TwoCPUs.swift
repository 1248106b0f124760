import CMachine
package import Fallow
import Synchronization

/// The second CPU's counts, and the words by which the first commands it.
private enum Second {
  static let isStopped = Atomic<Bool>(false)
  static let isUnmapped = Atomic<Bool>(false)
  static let reads = Atomic<UInt64>(0)
  static let faults = Atomic<UInt64>(0)
  static let wrong = Atomic<UInt64>(0)
  static let late = Atomic<UInt64>(0)
}

/// What two CPUs see of each other's work.
package struct TwoCPUs<
  Format: PageTableFormat, Driver: IOMMUDriver
> where Driver.P == Kernel {
  private let setup: Setup<Format, Driver>
  private let kernel = Kernel()

  /// Tests with a setup that both walk.
  package init(_ setup: Setup<Format, Driver>) {
    self.setup = setup
  }

  private static var mostRounds: UInt64 { 10_000 }
  private static var pattern: UInt64 { 0x5a5a }

  /// A 2 MiB stretch that both look at.
  private var shared: VirtualRange {
    VirtualRange(start: Format.kernelHalf.start + 1 << 30, size: 2 << 20)
  }

  /// The second CPU reads on while its leaves become one leaf and back.
  ///
  /// - Precondition: The second CPU is started, and no device is bound where the
  ///   format demands break-before-make.
  package func reshape(_ run: inout TestRun) {
    let block = kernel.block(order: 9)
    kernel.write(Self.pattern, to: block.address + 0x1f_f000)
    require(
      try setup.space.map(
        shared, to: block.address, attributes: .writable))
    SecondCPU.begin(.read)
    while Second.reads.load(ordering: .acquiring) == 0 { machine_pause() }
    let breaks = Format.requiresBreakBeforeMake
    var changes = 0
    for _ in 0..<100 {
      if succeeds(
        try setup.space.split(at: shared.start, level: 2, breaks: breaks))
      {
        changes += 1
      }
      machine_pause()
      if succeeds(
        try setup.space.collapse(at: shared.start, level: 2, breaks: breaks))
      {
        changes += 1
      }
      setup.reclaimer.reclaim()
      machine_pause()
    }
    let faults = Second.faults.load(ordering: .acquiring)
    require(try setup.space.unmap(shared))
    Second.isUnmapped.store(true, ordering: .sequentiallyConsistent)
    while Second.faults.load(ordering: .acquiring) == faults { machine_pause() }
    Second.isStopped.store(true, ordering: .releasing)
    SecondCPU.await()
    let isRight =
      changes == 200 && Second.wrong.load(ordering: .relaxed) == 0
    if breaks {
      run.figure("split and collapse with a break", faults, "faults")
      run.check(
        isRight && faults > 0,
        "split and collapse, 100 times: the other CPU sees the breaks")
    } else {
      run.check(
        isRight && faults == 0,
        "live split and collapse, 100 times: the other CPU's reads go on")
    }
    run.check(
      Second.late.load(ordering: .relaxed) == 0,
      "after an unmap the other CPU faults at once")
    setup.reclaimer.reclaim()
    kernel.free(block, order: 9)
  }

  /// The second CPU's part of it.
  func readUntilStopped() {
    let address = shared.start + 0x1f_f000
    while !Second.isStopped.load(ordering: .acquiring) {
      let isUnmapped = Second.isUnmapped.load(ordering: .sequentiallyConsistent)
      switch Access.load(address) {
      case .done(let value):
        if value != Self.pattern { Second.wrong.add(1, ordering: .relaxed) }
        if isUnmapped { Second.late.add(1, ordering: .relaxed) }
      case .fault: Second.faults.add(1, ordering: .releasing)
      }
      Second.reads.add(1, ordering: .releasing)
      machine_pause()
    }
  }

  /// Both map and unmap, each in its own stretch, and a CPU that finds the
  /// worker runnable runs it.
  ///
  /// - Precondition: The second CPU is started.
  package func churnOnBoth(_ run: inout TestRun) {
    let free = kernel.freeFrames
    let before = TableAccounts(of: kernel)
    SecondCPU.begin(.churn)
    churn()
    SecondCPU.await()
    setup.reclaimer.reclaim()
    let after = TableAccounts(of: kernel)
    run.figure(
      "tables retired by two CPUs", after.released - before.released, "tables")
    run.check(
      after.released - before.released
        == 2 * UInt64(Format.levels - 2) * Self.mostRounds
        && Second.wrong.load(ordering: .relaxed) == 0,
      "10,000 rounds on each CPU while the worker reclaims")
    run.check(
      after.quarantined == 0 && after.linked == before.linked
        && after.total - before.total == after.released - before.released
        && kernel.freeFrames == free,
      "the accounts sum up, and every frame is back")
  }

  /// One CPU's part of it: the tables of a 1 GiB stretch come and go.
  func churn() {
    let cpu = UInt64(kernel.currentCPU())
    let start = Format.kernelHalf.start + (2 + cpu) << 30
    let page = VirtualRange(start: start, size: 4096)
    let frame = kernel.block(order: 0)
    kernel.write(start.rawValue, to: frame.address)
    for _ in 0..<Self.mostRounds {
      let isMapped = succeeds(
        try setup.space.map(page, to: frame.address, attributes: .writable))
      if !isMapped || Access.load(start) != .done(start.rawValue)
        || !succeeds(try setup.space.unmap(page))
      {
        Second.wrong.add(1, ordering: .relaxed)
      }
      if kernel.takeWorker() { setup.reclaimer.reclaim() }
    }
    kernel.free(frame, order: 0)
  }
}
