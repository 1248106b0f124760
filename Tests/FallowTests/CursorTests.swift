// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// A cursor remembers a table that others may take away meanwhile: it must not
/// write into one that is retired.
@Suite struct CursorTests {
  typealias Space = HostedMachine.SpySpace

  static let stretch = range(kernelAddress(mib2: 6), mib2Size)

  /// Maps pages by a cursor, has their table taken away, and maps a page of the
  /// same stretch by the same cursor.
  private func check(
    pages: UInt64, _ takeAway: (Space) -> Void
  ) throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      machine.shareASpace()
      var cursor = Cursor(space)
      for page in 0..<pages {
        _ = cursor.map(
          Self.stretch.start + page * pageSize,
          to: PhysicalAddress(mib2Size + page * pageSize),
          attributes: .kernelData)
      }
      takeAway(space)
      let last = Self.stretch.start + 511 * pageSize
      #expect(space.translate(last) == nil)
      let outcome = cursor.map(
        last, to: PhysicalAddress(0x7000), attributes: .kernelData)
      cursor.finish()
      #expect(outcome == nil)
      #expect(space.leaf(at: last) == Leaf(address: 0x7000, level: 1))
      machine.runWorker(space.scheme)
      #expect(space.leaf(at: last) == Leaf(address: 0x7000, level: 1))
      #expect(machine.accountsMismatch() == nil)
    }
  }

  @Test func aTableThatARangeCovered() throws {
    try check(pages: 3) { _ = $0.unmap(Self.stretch) }
  }

  @Test func aTableThatItsLastPageLeftEmpty() throws {
    try check(pages: 1) { _ = $0.unmap(range(Self.stretch.start, pageSize)) }
  }

  /// The cursor remembers an empty table that a large leaf took the place of.
  @Test func aTableThatMadeWay() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace(.keep)
      let start = kernelAddress()
      var cursor = Cursor(space)
      for page in 0..<2 as Range<UInt64> {
        _ = cursor.map(
          start + page * pageSize, to: PhysicalAddress(0),
          attributes: .kernelData)
      }
      _ = space.unmap(range(start, 2 * pageSize))
      #expect(
        space.map(
          range(start, mib2Size), to: PhysicalAddress(0),
          attributes: .kernelData) == nil)
      let outcome = cursor.map(
        start, to: PhysicalAddress(0), attributes: .kernelData)
      cursor.finish()
      #expect(outcome == MapError(.occupied, at: start, level: 2))
      machine.runWorker(space.scheme)
    }
  }

  @Test func aTableThatCollapsed() throws {
    try check(pages: 512) { space in
      var unlinked = UnlinkedTables<SpyKernel, KernelHalf>(on: space.platform)
      let outcome = space.collapse(
        at: Self.stretch.start, level: 2, into: &unlinked)
      space.scheme.retire(unlinked)
      #expect(outcome == nil)
      _ = space.unmap(Self.stretch)
    }
  }

  // MARK: Reservations

  private static func count(
    of table: FrameNumber, in space: Space
  ) -> UInt64 {
    space.platform.load(.entryCount, of: table)
  }

  private static func table(of space: Space) throws -> FrameNumber {
    try #require(space.locate(at: stretch.start, level: 1)).table
  }

  /// A table counts what is in use and what is reserved, and becomes empty by the
  /// last of both that goes.
  @Test func aTableEndsByTheLastReservation() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      machine.shareASpace()
      let pages = [0, 1].map { Self.stretch.start + $0 * pageSize }
      _ = space.map(
        range(pages[0], pageSize), to: PhysicalAddress(0), attributes: .none)
      let table = try Self.table(of: space)
      #expect(Self.count(of: table, in: space) == 1)
      var first = Cursor(space)
      var second = Cursor(space)
      #expect(
        first.map(pages[1], to: PhysicalAddress(0), attributes: .none) == nil)
      #expect(Self.count(of: table, in: space) == 513)
      #expect(second.unmap(pages[0]) == nil)
      #expect(first.unmap(pages[1]) == nil)
      // 512 of the first cursor, and 513 of the second.
      #expect(Self.count(of: table, in: space) == 1025)
      first.finish()
      #expect(Self.count(of: table, in: space) == 513)
      #expect(TableAccounts(of: space.platform).quarantined == 0)
      second.finish()
      #expect(
        Self.count(of: table, in: space) == DescriptorField.endOfTable)
      #expect(space.entryKind(at: pages[0], level: 2) == .empty)
      #expect(TableAccounts(of: space.platform).quarantined == 2)
      machine.runWorker(space.scheme)
      #expect(machine.accountsMismatch() == nil)
    }
  }

  /// A move to another table hands back, and so does an error.
  @Test func aMoveHandsBack() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let start = Self.stretch.start
      var cursor = Cursor(space)
      _ = cursor.map(start, to: PhysicalAddress(0), attributes: .none)
      let table = try Self.table(of: space)
      // The table was made by the general path.
      #expect(Self.count(of: table, in: space) == 1)
      _ = cursor.map(
        start + pageSize, to: PhysicalAddress(0), attributes: .none)
      #expect(Self.count(of: table, in: space) == 513)
      #expect(
        cursor.map(start, to: PhysicalAddress(0), attributes: .none)?.kind
          == .occupied)
      #expect(Self.count(of: table, in: space) == 2)
      #expect(cursor.unmap(start) == nil)
      #expect(cursor.unmap(start + pageSize) == nil)
      #expect(Self.count(of: table, in: space) == 514)
      #expect(cursor.unmap(start + mib2Size) == nil)
      #expect(space.entryKind(at: start, level: 2) == .empty)
      cursor.finish()
      machine.runWorker(space.scheme)
      #expect(machine.accountsMismatch() == nil)
    }
  }

  /// What a cursor has reserved stands in no large leaf's way, and its hand-back
  /// has no effect on a table that has ended.
  @Test(arguments: [EmptyTablePolicy.free, .keep])
  func aReservationMakesWay(_ emptyTables: EmptyTablePolicy) throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace(emptyTables)
      machine.shareASpace()
      let start = Self.stretch.start
      var cursor = Cursor(space)
      for page in 0..<3 as Range<UInt64> {
        _ = cursor.map(
          start + page * pageSize, to: PhysicalAddress(0), attributes: .none)
      }
      for page in 0..<3 as Range<UInt64> {
        _ = cursor.unmap(start + page * pageSize)
      }
      let table = try Self.table(of: space)
      #expect(
        space.map(
          Self.stretch, to: PhysicalAddress(mib2Size), attributes: .none)
          == nil)
      #expect(
        Self.count(of: table, in: space)
          == DescriptorField.endOfTable | 513)
      #expect(cursor.unmap(start)?.kind == .partialLeaf)
      #expect(
        Self.count(of: table, in: space) == DescriptorField.endOfTable)
      cursor.finish()
      #expect(space.leaf(at: start) == Leaf(address: mib2Size, level: 2))
      machine.runWorker(space.scheme)
      #expect(machine.accountsMismatch() == nil)
    }
  }

  /// A table that is full by what is mapped collapses, whatever is reserved; one
  /// that is full only by what is reserved does not.
  @Test func reservationsAndACollapse() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let start = Self.stretch.start
      func map(_ pages: Range<UInt64>) {
        for page in pages {
          #expect(
            space.mapCollapsing(
              range(start + page * pageSize, pageSize),
              to: PhysicalAddress(mib2Size + page * pageSize),
              attributes: .kernelData) == nil)
        }
      }
      map(0..<500)
      var cursor = Cursor(space)
      _ = cursor.map(
        start + 500 * pageSize,
        to: PhysicalAddress(mib2Size + 500 * pageSize),
        attributes: .kernelData)
      let table = try Self.table(of: space)
      #expect(Self.count(of: table, in: space) == 1012)
      map(501..<511)
      #expect(space.entryKind(at: start, level: 2) == .table)
      map(511..<512)
      #expect(space.entryKind(at: start, level: 2) == .leaf)
      cursor.finish()
      machine.runWorker(space.scheme)
      #expect(machine.accountsMismatch() == nil)
    }
  }

  /// A cursor maps more pages in one table than it has reserved, since others
  /// unmap them: what it counts is never less than what is in use.
  @Test func aReservationIsUsedUp() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let start = Self.stretch.start
      let kept = range(start + 511 * pageSize, pageSize)
      _ = space.map(kept, to: PhysicalAddress(0), attributes: .none)
      let table = try Self.table(of: space)
      var cursor = Cursor(space)
      var used: UInt64 = 1
      for turn in 0..<1600 as Range<UInt64> {
        let page = range(start + turn % 500 * pageSize, pageSize)
        #expect(
          cursor.map(page.start, to: PhysicalAddress(0), attributes: .none)
            == nil)
        used += 1
        #expect(Self.count(of: table, in: space) >= used)
        let refusal =
          turn % 7 == 0 ? cursor.unmap(page.start) : space.unmap(page)
        #expect(refusal == nil)
        used -= 1
      }
      cursor.finish()
      #expect(Self.count(of: table, in: space) == 1)
      _ = space.unmap(kept)
      machine.runWorker(space.scheme)
      #expect(machine.accountsMismatch() == nil)
    }
  }
}
