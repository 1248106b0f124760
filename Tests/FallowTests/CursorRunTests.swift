// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// Cursors are there for speed alone: on the same operations, a space that
/// several cursors work on, beside calls for ranges, and one that never leaves
/// the general path end up equal.
@Suite struct CursorRunTests {
  @Test(arguments: 0..<PageTablesFormatTests.formats.count)
  func cursorsEqualTheGeneralPath(_ index: Int) throws {
    func check<Format: PageTableFormat>(_ format: Format.Type) throws {
      let seed = UInt64(index + 1)
      print("\(format): cursors from seed \(seed)")
      try HostedMachine.run { byCursors in
        try HostedMachine.run { general in
          var run = CursorRun<Format>(
            try HostedSpace<Format>.make(on: byCursors),
            try HostedSpace<Format>.make(on: general), seed: seed)
          run.begin()
          for number in 0..<4000 {
            if let problem = run.step() {
              Issue.record(
                "\(format), seed \(seed), operation \(number): \(problem)")
              break
            }
          }
          let (refusals, madeWay) = (run.refusals, run.madeWay)
          if let problem = run.finish() { Issue.record("\(problem)") }
          #expect(refusals > 20)
          #expect(madeWay > 5)
        }
      }
    }
    try check(PageTablesFormatTests.formats[index])
  }
}

/// Two spaces of one format, the same operations on both, and three cursors over
/// the first.
private struct CursorRun<Format: PageTableFormat>: ~Copyable {
  typealias SpaceCursor = Cursor<Format, Reclaimer<SilentDriver>>

  let byCursors: HostedSpace<Format>
  let general: HostedSpace<Format>
  var first: SpaceCursor?
  var second: SpaceCursor?
  var third: SpaceCursor?
  var random: SeededGenerator
  /// How many operations stopped before their end.
  var refusals = 0
  /// How often a large leaf took the place of a table.
  var madeWay = 0

  init(
    _ byCursors: HostedSpace<Format>, _ general: HostedSpace<Format>,
    seed: UInt64
  ) {
    self.byCursors = byCursors
    self.general = general
    first = nil
    second = nil
    third = nil
    random = SeededGenerator(seed: seed)
  }

  private static var pages: Int { 1536 }

  private static func stretch(_ first: Int, _ count: Int) -> VirtualRange {
    range(
      Format.kernelHalf.start + UInt64(first) << 12, UInt64(count) << 12)
  }

  /// One operation on both; nil, or how they differ.
  mutating func step() -> String? {
    let problem =
      switch random.below(32) {
      case 0: unmapRange()
      case 1: mapTable()
      case 2: renew()
      default: usePages()
      }
    if let problem { return problem }
    let leaves = (Self.leaves(of: byCursors), Self.leaves(of: general))
    return leaves.0 == leaves.1 ? nil : "\(leaves.0) is not \(leaves.1)"
  }

  /// Maps or unmaps some pages by one of the cursors.
  private mutating func usePages() -> String? {
    let cursor = random.below(3)
    let count = 1 + random.below(24)
    let start = random.below(Self.pages - count + 1)
    let isUnmap = random.below(2) == 0
    for index in start..<(start + count) {
      let page = Self.stretch(index, 1)
      let target = PhysicalAddress(1 << 34 + UInt64(index) << 12)
      let found =
        isUnmap
        ? withCursor(cursor) { $0.unmap(page.start) }
        : withCursor(cursor) {
          $0.map(page.start, to: target, attributes: .kernelData)
        }
      let expected =
        isUnmap
        ? general.unmapGenerally(page)
        : general.mapGenerally(
          page, to: target, attributes: .kernelData, maxLeafLevel: 1)
      if found != nil { refusals += 1 }
      guard found == expected else {
        return "page \(index) gave \(found as Any), not \(expected as Any)"
      }
    }
    return nil
  }

  private mutating func withCursor(
    _ index: Int, _ body: (inout SpaceCursor) -> MapError?
  ) -> MapError? {
    switch index {
    case 0: body(&first!)
    case 1: body(&second!)
    default: body(&third!)
    }
  }

  private mutating func unmapRange() -> String? {
    let table = 512 * random.below(3)
    let range =
      random.below(2) == 0
      ? Self.stretch(table, 512) : Self.stretch(table + 100, 200)
    let found = byCursors.unmap(range)
    let expected = general.unmapGenerally(range)
    return found == expected ? nil : "unmap gave \(found as Any)"
  }

  /// Maps a large leaf where nothing is mapped: a table makes way that only
  /// cursors keep.
  private mutating func mapTable() -> String? {
    let range = Self.stretch(512 * random.below(3), 512)
    if random.below(2) == 0 {
      for index in 0..<512 as Range<UInt64> {
        let page = VirtualRange(
          start: range.start + index * pageSize, size: pageSize)
        guard
          withCursor(0, { $0.unmap(page.start) })
            == general.unmapGenerally(page)
        else { return "page \(index) of the table" }
      }
    }
    let target = PhysicalAddress(1 << 33)
    let found = byCursors.map(
      range, to: target, attributes: .kernelData, maxLeafLevel: 2)
    let expected = general.mapGenerally(
      range, to: target, attributes: .kernelData, maxLeafLevel: 2)
    if found == nil { madeWay += 1 }
    return found == expected ? nil : "a large leaf gave \(found as Any)"
  }

  mutating func begin() {
    first = Cursor(byCursors)
    second = Cursor(byCursors)
    third = Cursor(byCursors)
  }

  /// Ends the cursors, and has the workers release what is retired; nil, or how
  /// the spaces differ then: without cursors, both have the same tables.
  mutating func finish() -> String? {
    if let cursor = first.take() { cursor.finish() }
    if let cursor = second.take() { cursor.finish() }
    if let cursor = third.take() { cursor.finish() }
    for space in [byCursors, general] {
      space.platform.machine.runWorker(space.scheme)
    }
    return Self.compareTables(byCursors, general)
  }

  private mutating func renew() -> String? {
    let problem = finish()
    begin()
    return problem
  }

  private static func compareTables(
    _ byCursors: HostedSpace<Format>, _ general: HostedSpace<Format>
  ) -> String? {
    let linked = [byCursors, general].map {
      TableAccounts(of: $0.platform).linked
    }
    return linked[0] == linked[1]
      ? nil : "\(linked[0]) tables are linked, not \(linked[1])"
  }

  private static func leaves(
    of space: HostedSpace<Format>
  ) -> LeafList<Format> {
    var leaves = LeafList<Format>()
    _ = space.walk(stretch(0, pages), visiting: &leaves)
    return leaves
  }
}
