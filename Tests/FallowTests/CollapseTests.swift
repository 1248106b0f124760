// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// Tables that a mapping completes, collapsed because it asks for that.
@Suite struct CollapseTests {
  /// Page by page to the largest leaf that the format has here; where a live
  /// collapse is forbidden, to pages.
  @Test(arguments: 0..<PageTablesFormatTests.formats.count)
  func everyFormatCollapsesWhatIsFull(_ index: Int) throws {
    func check<Format: PageTableFormat>(_ format: Format.Type) throws {
      try HostedMachine.run(frames: 1024) { machine in
        let space = try HostedSpace<Format>.make(on: machine)
        let before = TableAccounts(of: machine.kernel).linked
        let top = min(3, HostedSpace<Format>.maxLeafLevel)
        let span = Format.span(of: top)
        let pages = 512 * pageSize
        let start = Format.kernelHalf.start
        for offset in stride(from: 0, to: pages, by: Int(pageSize)) {
          #expect(
            space.mapCollapsing(
              range(start + offset, pageSize),
              to: PhysicalAddress(span + offset), attributes: .kernelData)
              == nil)
        }
        if top == 3 {
          #expect(
            space.mapCollapsing(
              range(start + pages, span - pages),
              to: PhysicalAddress(span + pages), attributes: .kernelData)
              == nil)
        }
        let isLive = !Format.requiresBreakBeforeMake
        #expect(
          space.translate(start + 0x123)
            == Translation(
              address: PhysicalAddress(span + 0x123),
              level: isLive ? top : 1, attributes: .kernelData))
        var unlinked = UnlinkedTables<HostedKernel, KernelHalf>(
          on: machine.kernel)
        #expect(
          space.collapse(at: start, level: 2, into: &unlinked)
            == MapError(
              isLive ? .notCollapsible : .requiresBreakBeforeMake, at: start,
              level: 2))
        space.scheme.retire(unlinked)
        #expect(space.unmap(range(start, span)) == nil)
        machine.runWorker(space.scheme)
        #expect(TableAccounts(of: machine.kernel).linked == before)
        #expect(machine.accountsMismatch() == nil)
      }
    }
    try check(PageTablesFormatTests.formats[index])
  }

  /// A range that completes a table at either end, and one in its middle that
  /// it fills.
  @Test func bothEndsAreCollapsed() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let start = kernelAddress(gib: 1)
      func map(_ offset: UInt64, _ size: UInt64) {
        #expect(
          space.mapCollapsing(
            range(start + offset, size),
            to: PhysicalAddress(gibSize + offset), attributes: .kernelData)
            == nil)
      }
      map(0, pageSize)
      map(3 * mib2Size - pageSize, pageSize)
      map(pageSize, 3 * mib2Size - 2 * pageSize)
      for mib2 in 0..<3 as Range<UInt64> {
        #expect(
          space.leaf(at: start + mib2 * mib2Size)
            == Leaf(address: gibSize + mib2 * mib2Size, level: 2))
      }
    }
  }

  /// What is in the table besides the page that completes it.
  enum Rest: CaseIterable {
    case hole, elsewhere, otherAttributes, misaligned
  }

  @Test(arguments: Rest.allCases)
  func whatOneLeafCannotSayStaysATable(_ rest: Rest) throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let start = kernelAddress(gib: 1)
      let target = rest == .misaligned ? pageSize : 0
      func map(_ page: Int, _ count: UInt64, to address: UInt64) {
        #expect(
          space.mapCollapsing(
            range(start + UInt64(page) * pageSize, count * pageSize),
            to: PhysicalAddress(target + address),
            attributes: rest == .otherAttributes && page == 300
              ? .global : .kernelData) == nil)
      }
      map(0, 300, to: 0)
      if rest != .hole {
        map(300, 1, to: rest == .elsewhere ? gibSize : 300 * pageSize)
      }
      map(301, 211, to: 301 * pageSize)
      #expect(
        space.leaf(at: start + 511 * pageSize)
          == Leaf(address: target + 511 * pageSize, level: 1))
      #expect(TableAccounts(of: machine.kernel).released == 0)
    }
  }

  /// A caller that wants small leaves gets them.
  @Test func theLargestLeafIsTheCallers() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      #expect(
        space.mapCollapsing(
          range(kernelAddress(), mib2Size), to: PhysicalAddress(0),
          attributes: .kernelData, maxLeafLevel: 1) == nil)
      #expect(space.leaf(at: kernelAddress())?.level == 1)
    }
  }

  /// The count says that there is nothing to look for.
  @Test func aTableThatIsNotFullIsNotRead() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      _ = space.map(
        range(kernelAddress(), 510 * pageSize), to: PhysicalAddress(0),
        attributes: .kernelData)
      var loads = 0
      machine.hook = { access in if access == .loadEntry { loads += 1 } }
      let outcome = space.mapCollapsing(
        range(kernelAddress(page: 510), pageSize),
        to: PhysicalAddress(510 * pageSize), attributes: .kernelData)
      machine.hook = nil
      #expect(outcome == nil)
      // The page's walk, which found the count. The general path reads the
      // page's entry once more, and another walk looks for the count.
      #expect(loads == (HostedMachine.SpySpace.hasShortPaths ? 4 : 9))
    }
  }

  @Test func aMappingThatStopsCollapsesNothing() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let start = kernelAddress(gib: 1)
      _ = space.map(
        range(start, 511 * pageSize), to: PhysicalAddress(0),
        attributes: .kernelData)
      machine.allocationsLeft = 0
      #expect(
        space.mapCollapsing(
          range(start + 511 * pageSize, 2 * pageSize),
          to: PhysicalAddress(511 * pageSize), attributes: .kernelData)
          == MapError(.outOfFrames, at: start + mib2Size, level: 2))
      #expect(space.leaf(at: start + 511 * pageSize)?.level == 1)
    }
  }

  /// The tables of a user half are its caller's to invalidate.
  @Test func aUserHalfCollapsesAfterItsMapping() throws {
    try HostedMachine.run { machine in
      let kernel = try machine.makeSpace()
      guard let space = HostedMachine.SpyUserSpace.make(copying: kernel)
      else { throw OutOfFrames() }
      var unlinked = UnlinkedTables<SpyKernel, UserHalf>(on: machine.spy)
      for page in 0..<512 as Range<UInt64> {
        let page = range(VirtualAddress(page * pageSize), pageSize)
        #expect(
          space.map(
            page, to: PhysicalAddress(page.start.rawValue),
            attributes: .userData, into: &unlinked) == nil)
        #expect(space.collapse(around: page, into: &unlinked) == nil)
      }
      #expect(space.leaf(at: VirtualAddress(5))?.level == 2)
      #expect(TableAccounts(of: machine.kernel).unlinked == 1)
      space.scheme.retire(unlinked).invalidated(by: space.scheme.sharing)
        .release()
      #expect(machine.accountsMismatch() == nil)
    }
  }
}
