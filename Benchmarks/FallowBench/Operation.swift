// SPDX-License-Identifier: Apache-2.0

import BenchSupport
import Fallow

/// What is measured, by the name on the command line.
enum Operation: String {
  case map4k, map2m, unmap4k, translate, cycle
  case map4kCursor = "map4k_cursor"
  case map4kCollapse = "map4k_collapse"
  case map4kRange = "map4k_range"
  case unmap4kRange = "unmap4k_range"
  case unmap4kRangeRead = "unmap4k_range_read"
  case cycleRange = "cycle_range"
  case cycle1
  case enqueue1, enqueue2, drain, cycle32
  case drainBuddy = "drain_buddy"
  case disjoint1, disjoint2
  case halves1, halves2, alternate1, alternate2
  case halvesCalls1 = "halves_calls1"
  case halvesCalls2 = "halves_calls2"
  case alternateCalls1 = "alternate_calls1"
  case alternateCalls2 = "alternate_calls2"
  case protect1
  case map4kCounting = "map4k_counting"
  case unmap4kCounting = "unmap4k_counting"
  case map4kMoved = "map4k_moved"
  case unmap4kMoved = "unmap4k_moved"

  /// One repetition: sets up, measures, checks.
  ///
  /// - Returns: Nanoseconds, 0 if they say nothing, and how many units of work
  ///   they are for.
  func run(isShort: Bool) -> (time: UInt64, units: UInt64) {
    switch self {
    case .map4k: (measureMap(mapPages), pageCount)
    case .map4kCursor: (measureMap(mapPagesByCursor), pageCount)
    case .map4kCollapse: (measureMapCollapsing(), pageCount)
    case .map4kRange: (measureMap(mapRange), pageCount)
    case .unmap4k: (measureUnmap(unmapPages), pageCount)
    case .unmap4kRange: (measureUnmap(unmapRange), pageCount)
    case .unmap4kRangeRead: (measureUnmapReading(), pageCount)
    case .translate: (measureTranslate(), UInt64(lookUpCount))
    case .cycle: measureCycle(isShort ? 100 : 2000, cyclePages)
    case .cycleRange: measureCycle(isShort ? 100 : 2000, cyclePagesByRange)
    case .cycle1: measureOnePage(isShort ? 100 : 2000)
    case .map2m: (measureMapLarge(), 512)
    case .enqueue1: (measureEnqueue(), UInt64(tableCount))
    case .enqueue2: (measureTwoThreads(), UInt64(tableCount))
    case .drain: (measureDrain(), UInt64(tableCount))
    case .drainBuddy: (measureDrainBuddy(), UInt64(tableCount))
    case .disjoint1: (measureOneCPU(), disjointPages)
    case .disjoint2: (measureTwoCPUs(), 2 * disjointPages)
    case .halves1: OneTable.halves.measure(cpus: 1, byCursor: true)
    case .halves2: OneTable.halves.measure(cpus: 2, byCursor: true)
    case .alternate1: OneTable.alternate.measure(cpus: 1, byCursor: true)
    case .alternate2: OneTable.alternate.measure(cpus: 2, byCursor: true)
    case .halvesCalls1: OneTable.halves.measure(cpus: 1, byCursor: false)
    case .halvesCalls2: OneTable.halves.measure(cpus: 2, byCursor: false)
    case .alternateCalls1: OneTable.alternate.measure(cpus: 1, byCursor: false)
    case .alternateCalls2: OneTable.alternate.measure(cpus: 2, byCursor: false)
    case .map4kCounting: (measureCounting(isUnmap: false), pageCount)
    case .unmap4kCounting: (measureCounting(isUnmap: true), pageCount)
    case .map4kMoved: (measureMoved(isUnmap: false), pageCount)
    case .unmap4kMoved: (measureMoved(isUnmap: true), pageCount)
    case .protect1: (measureProtect(), pageCount)
    case .cycle32: (measureCycle32(rounds: 512), 512 * 32)
    }
  }

  private func makeSpace() {
    unsafe Bench.currentSpace = .make(Bench.listScheme)
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

  private func measureMapCollapsing() -> UInt64 {
    makeSpace()
    let before = unsafe Arena.framesInUse
    let time = Bench.time(mapPagesCollapsing)
    // A gigabyte is one leaf of a permanent table.
    Bench.check(unsafe Arena.framesInUse == before, "tables released")
    Bench.check(
      Bench.space.translate(firstAddress + 0x1234_5678)?.address
        == firstPage + 0x1234_5678, "one leaf")
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

  private func measureUnmapReading() -> UInt64 {
    var sum: UInt64 = 0
    let time = measureUnmap { sum = unmapRangeReading() }
    let last = pageCount - 1
    Bench.check(
      sum == pageCount * firstPage.rawValue + last * pageCount / 2 * pageSize,
      "addresses")
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
    Bench.space.mustMap(
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

  private func measureProtect() -> UInt64 {
    makeSpace()
    mapRange()
    let time = Bench.time(protectPages)
    Bench.check(
      Bench.space.translate(firstAddress)?.attributes == LeafAttributes.none,
      "read-only")
    return time
  }
}
