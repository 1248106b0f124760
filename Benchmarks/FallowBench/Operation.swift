import BenchSupport
import Fallow

/// What is measured, by the name on the command line.
enum Operation: String {
  case map4k, map4k_range, unmap4k, unmap4k_range, translate, cycle
  case cycle_range, map2m
  case enqueue1, enqueue2, drain, drain_buddy, cycle32

  /// One repetition: sets up, measures, checks.
  ///
  /// - Returns: Nanoseconds, 0 if they say nothing, and how many units of work
  ///   they are for.
  func run(isShort: Bool) -> (time: UInt64, units: UInt64) {
    switch self {
    case .map4k: (measureMap(mapPages), pageCount)
    case .map4k_range: (measureMap(mapRange), pageCount)
    case .unmap4k: (measureUnmap(unmapPages), pageCount)
    case .unmap4k_range: (measureUnmap(unmapRange), pageCount)
    case .translate: (measureTranslate(), UInt64(lookUpCount))
    case .cycle: measureCycle(isShort ? 100 : 2000, cyclePages)
    case .cycle_range: measureCycle(isShort ? 100 : 2000, cycleRange)
    case .map2m: (measureMapLarge(), 512)
    case .enqueue1: (measureEnqueue(), UInt64(tableCount))
    case .enqueue2: (measureTwoThreads(), UInt64(tableCount))
    case .drain: (measureDrain(), UInt64(tableCount))
    case .drain_buddy: (measureDrainBuddy(), UInt64(tableCount))
    case .cycle32: (measureCycle32(rounds: 512), 512 * 32)
    }
  }

  private func makeSpace() {
    guard let space = Space.make(scheme: Bench.listScheme) else {
      fatalError("no frames")
    }
    unsafe Bench.currentSpace = space
  }

  private func measureMap(_ work: () -> Void) -> UInt64 {
    makeSpace()
    let before = unsafe Arena.framesInUse
    let time = Bench.time(work)
    // 512 tables of leaves and one above them; the next is permanent.
    Bench.check(unsafe Arena.framesInUse == before + 513, "tables")
    let last = firstAddress + (pageCount - 1) * pageSize
    Bench.check(
      Bench.space.translate(last)?.address
        == firstPage + (pageCount - 1) * pageSize, "the last page")
    return time
  }

  private func measureUnmap(_ work: () -> Void) -> UInt64 {
    makeSpace()
    let before = unsafe Arena.framesInUse
    mapRange()
    let time = Bench.time(work)
    Bench.check(unsafe Arena.framesInUse == before, "tables released")
    Bench.check(Bench.space.translate(firstAddress) == nil, "unmapped")
    return time
  }

  private func measureTranslate() -> UInt64 {
    makeSpace()
    mapRange()
    var sum: UInt64 = 0
    let time = Bench.time { sum = translateAll() }
    var expected: UInt64 = 0
    for index in 0..<lookUpCount {
      expected &+= firstPage.rawValue + UInt64(unsafe Bench.offsets[index])
    }
    Bench.check(sum == expected, "addresses")
    return time
  }

  private func measureCycle(
    _ rounds: Int, _ work: (Int) -> Void
  ) -> (UInt64, UInt64) {
    makeSpace()
    // A neighbour keeps the upper tables, as in the C baseline.
    _ = Bench.space.map(
      pages(512, 1), to: firstPage, attributes: attributes)
    let before = unsafe Arena.framesInUse
    let time = Bench.time { work(rounds) }
    Bench.check(unsafe Arena.framesInUse == before, "tables released")
    return (time, UInt64(rounds) * 512)
  }

  private func measureMapLarge() -> UInt64 {
    makeSpace()
    let time = Bench.time(mapLargePages)
    Bench.check(
      Bench.space.translate(firstAddress + 0x1234_5678)?.address
        == firstPage + 0x1234_5678, "large leaves")
    return time
  }
}
