// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// Changes of one entry between a leaf and a table.
@Suite struct ReshapeTests {
  /// Promotion at 2 MiB, then at 1 GiB over an empty table of empty tables.
  @Test(arguments: [2, 3])
  func anEmptyTableMakesWay(level: Int) throws {
    try HostedMachine.run { machine in
      machine.isRecording = true
      let space = try machine.makeSpace(.keep)
      machine.shareASpace()
      let span = X86FourLevel.span(of: level)
      let start = kernelAddress(gib: 5)
      for offset in [0, 511 * pageSize, span - pageSize] {
        let page = range(start + offset, pageSize)
        _ = space.map(page, to: PhysicalAddress(0), attributes: .kernelData)
        _ = space.unmap(page)
      }
      let before = TableAccounts(of: machine.kernel)
      #expect(
        space.map(
          range(start, span), to: PhysicalAddress(gibSize),
          attributes: .kernelData) == nil)
      #expect(
        space.leaf(at: start + 7) == Leaf(address: gibSize + 7, level: level))
      let after = TableAccounts(of: machine.kernel)
      // At 1 GiB: the table of level 2 and two of level 1 below it.
      #expect(after.quarantined == (level == 2 ? 1 : 3))
      #expect(before.linked - after.linked == after.quarantined)
      machine.runWorker(space.scheme)
      #expect(TableAccounts(of: machine.kernel).quarantined == 0)
      #expect(machine.accountsMismatch() == nil)
      var order = LifeOrder()
      #expect(order.check(machine.events) == nil)
      #expect(order.released == (level == 2 ? 1 : 3))
    }
  }

  /// The leaf is not there before the table went through the flush.
  @Test func aPromotionFlushesBetweenClearingAndTheLeaf() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace(.keep)
      let page = range(kernelAddress(), pageSize)
      _ = space.map(page, to: PhysicalAddress(0), attributes: .kernelData)
      _ = space.unmap(page)
      var holes = 0
      machine.hook = { access in
        guard access == .flush else { return }
        machine.hook = nil
        if space.translate(page.start) == nil { holes += 1 }
      }
      _ = space.map(
        range(page.start, mib2Size), to: PhysicalAddress(0),
        attributes: .kernelData)
      #expect(holes == 1)
      #expect(space.leaf(at: page.start)?.level == 2)
    }
  }

  /// Nobody shares, but the tables wait for the worker's flush.
  @Test func collapsesLeaveOneFlushToTheWorker() throws {
    try HostedMachine.run(frames: 2048) { machine in
      let scheme = HostedMachine.SpyScheme(
        sharing: machine.scheme.sharing, flushesLate: true)
      let space = try #require(HostedMachine.SpySpace.make(scheme: scheme))
      _ = space.map(
        range(kernelAddress(), 8 * mib2Size), to: PhysicalAddress(0),
        attributes: .kernelData, maxLeafLevel: 1)
      machine.isRecording = true
      var unlinked = UnlinkedTables<SpyKernel, KernelHalf>(on: machine.spy)
      for mib2 in 0..<8 {
        #expect(
          space.collapse(
            at: kernelAddress(mib2: mib2), level: 2, into: &unlinked) == nil)
      }
      scheme.retire(unlinked)
      #expect(TableAccounts(of: machine.kernel).quarantined == 8)
      machine.runWorker(scheme)
      let ends = machine.events.filter {
        switch $0 {
        case .flushed, .released: true
        default: false
        }
      }
      #expect(ends.first == .flushed(X86FourLevel.kernelHalf))
      #expect(ends.count == 1 + 8)
      // Nothing is owed any more.
      let page = range(kernelAddress(gib: 1), pageSize)
      _ = space.map(page, to: PhysicalAddress(0), attributes: .kernelData)
      _ = space.unmap(page)
      #expect(TableAccounts(of: machine.kernel).quarantined == 0)
      #expect(machine.accountsMismatch() == nil)
    }
  }

  @Test func aTableInUseDoesNotMakeWay() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace(.keep)
      let used = kernelAddress(mib2: 1, page: 77)
      _ = space.map(
        range(used, pageSize), to: PhysicalAddress(0x3000),
        attributes: .kernelData)
      let before = TableAccounts(of: machine.kernel)
      #expect(
        space.map(
          range(kernelAddress(), 2 * mib2Size), to: PhysicalAddress(0),
          attributes: .kernelData)
          == MapError(.occupied, at: used))
      #expect(space.leaf(at: kernelAddress()) == Leaf(address: 0, level: 2))
      #expect(space.leaf(at: used) == Leaf(address: 0x3000, level: 1))
      #expect(
        space.map(
          range(kernelAddress(gib: 0), gibSize), to: PhysicalAddress(0),
          attributes: .kernelData)
          == MapError(.occupied, at: kernelAddress(), level: 2))
      var unlinked = UnlinkedTables<SpyKernel, KernelHalf>(on: machine.spy)
      #expect(
        space.detach(at: used, level: 2, into: &unlinked)?.kind == .occupied)
      space.scheme.retire(unlinked)
      #expect(TableAccounts(of: machine.kernel) == before)
    }
  }

  @Test func detachTakesAnEmptyTableAndNothingElse() throws {
    try HostedMachine.run { machine in
      machine.isRecording = true
      let space = try machine.makeSpace(.keep)
      let page = range(kernelAddress(gib: 1, mib2: 4), pageSize)
      _ = space.map(page, to: PhysicalAddress(0), attributes: .kernelData)
      _ = space.unmap(page)
      var unlinked = UnlinkedTables<SpyKernel, KernelHalf>(on: machine.spy)
      #expect(
        space.detach(at: kernelAddress(), level: 2, into: &unlinked)?.kind
          == .notMapped)
      #expect(
        space.detach(at: page.start, level: 2, into: &unlinked) == nil)
      #expect(TableAccounts(of: machine.kernel).unlinked == 1)
      #expect(
        space.detach(at: page.start, level: 2, into: &unlinked)?.kind
          == .notMapped)
      #expect(
        space.detach(at: page.start, level: 3, into: &unlinked) == nil)
      #expect(TableAccounts(of: machine.kernel).unlinked == 2)
      space.scheme.retire(unlinked)
      machine.runWorker(space.scheme)
      var order = LifeOrder()
      #expect(order.check(machine.events) == nil)
      #expect(
        TableAccounts(of: machine.kernel).linked
          == MappingTests.permanentTables)
    }
  }

  /// A table that detaching leaves empty goes as well, and no later than the
  /// CPUs' flush.
  @Test func detachFlushesAfterTheLastEntryIsCleared() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace(.keep)
      let page = range(kernelAddress(gib: 1), pageSize)
      _ = space.map(page, to: PhysicalAddress(0), attributes: .kernelData)
      _ = space.unmap(page)
      machine.isRecording = true
      let freeing = HostedMachine.SpySpace(
        scheme: space.scheme, root: space.root, emptyTables: .free)
      var unlinked = UnlinkedTables<SpyKernel, KernelHalf>(on: machine.spy)
      #expect(
        freeing.detach(at: page.start, level: 2, into: &unlinked) == nil)
      space.scheme.retire(unlinked)
      machine.runWorker(space.scheme)
      var order = LifeOrder()
      #expect(order.check(machine.events) == nil)
      #expect(
        TableAccounts(of: machine.kernel).linked
          == MappingTests.permanentTables)
    }
  }

  /// There is no moment at which the addresses lead nowhere.
  @Test(arguments: [2, 3])
  func collapseKeepsTheAddressesMapped(level: Int) throws {
    try HostedMachine.run { machine in
      machine.isRecording = true
      let space = try machine.makeSpace()
      let span = X86FourLevel.span(of: level)
      let start = kernelAddress(gib: 2)
      _ = space.map(
        range(start, span), to: PhysicalAddress(4 * gibSize),
        attributes: .kernelData, maxLeafLevel: level - 1)
      var unlinked = UnlinkedTables<SpyKernel, KernelHalf>(on: machine.spy)
      var unmapped = 0
      machine.hook = { _ in
        let hook = machine.hook
        machine.hook = nil
        let last = space.leaf(at: start + (span - 1))
        if last?.address != 4 * gibSize + span - 1 { unmapped += 1 }
        machine.hook = hook
      }
      let outcome = space.collapse(at: start + 5, level: level, into: &unlinked)
      machine.hook = nil
      #expect(outcome == nil)
      #expect(unmapped == 0)
      #expect(
        space.translate(start)
          == Translation(
            address: PhysicalAddress(4 * gibSize), level: level,
            attributes: .kernelData))
      space.scheme.retire(unlinked)
      machine.runWorker(space.scheme)
      var order = LifeOrder()
      #expect(order.check(machine.events) == nil)
      #expect(order.released == 1)
      #expect(space.unmap(range(start, span)) == nil)
      machine.runWorker(space.scheme)
      #expect(
        TableAccounts(of: machine.kernel).linked
          == MappingTests.permanentTables)
    }
  }

  @Test func whatOneLeafCannotSayIsNotCollapsed() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      func collapses(at start: VirtualAddress) -> Bool {
        var unlinked = UnlinkedTables<SpyKernel, KernelHalf>(on: machine.spy)
        let outcome = space.collapse(at: start, level: 2, into: &unlinked)
        space.scheme.retire(unlinked)
        return outcome == nil
      }
      func fill(
        _ mib2: Int, address: UInt64 = 0, except page: Int? = nil,
        attributes: LeafAttributes = .kernelData
      ) {
        let start = kernelAddress(mib2: mib2)
        _ = space.map(
          range(start, mib2Size), to: PhysicalAddress(address),
          attributes: .kernelData, maxLeafLevel: 1)
        guard let page else { return }
        let hole = range(kernelAddress(mib2: mib2, page: page), pageSize)
        _ = space.unmap(hole)
        guard attributes != .kernelData else { return }
        _ = space.map(
          hole, to: PhysicalAddress(address + UInt64(page) * pageSize),
          attributes: attributes)
      }
      fill(0, except: 511)
      fill(1, address: pageSize)
      fill(2, except: 100, attributes: .global)
      for mib2 in 0..<4 {
        #expect(!collapses(at: kernelAddress(mib2: mib2)))
      }
      // What walkers wrote does not count.
      fill(4, except: 100, attributes: .writable | .global)
      #expect(collapses(at: kernelAddress(mib2: 4)))
      #expect(!collapses(at: kernelAddress(mib2: 4)))
    }
  }

  @Test(arguments: [2, 3])
  func splitSaysTheSameInSmallerLeaves(level: Int) throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let span = X86FourLevel.span(of: level)
      let start = kernelAddress(gib: 9)
      _ = space.map(
        range(start, span), to: PhysicalAddress(2 * gibSize),
        attributes: .kernelData)
      #expect(space.split(at: start + span, level: level)?.kind == .notMapped)
      machine.allocationsLeft = 0
      #expect(space.split(at: start, level: level)?.kind == .outOfFrames)
      machine.allocationsLeft = .max
      #expect(space.split(at: start + 99, level: level) == nil)
      #expect(space.split(at: start, level: level)?.kind == .notMapped)
      for index in 0..<512 as Range<UInt64> {
        let offset = index * span / 512
        #expect(
          space.translate(start + offset)
            == Translation(
              address: PhysicalAddress(2 * gibSize + offset), level: level - 1,
              attributes: .kernelData))
      }
      // Now a part of it can go, and the counts are right.
      _ = space.unmap(range(start, span / 512))
      #expect(space.translate(start) == nil)
      _ = space.unmap(range(start, span))
      machine.runWorker(space.scheme)
      #expect(
        TableAccounts(of: machine.kernel).linked
          == MappingTests.permanentTables)
      #expect(machine.accountsMismatch() == nil)
    }
  }

  /// A walker that writes a dirty bit in the middle of a split loses nothing,
  /// and the table that was made for the old leaf goes back at once.
  @Test func splitSeesWhatAWalkerWroteMeanwhile() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let start = kernelAddress(mib2: 3)
      _ = space.map(
        range(start, mib2Size), to: PhysicalAddress(0), attributes: .writable)
      let (slot, _, _) = try #require(space.find(at: start, level: 2))
      machine.writeDirtyBit(to: slot, before: .compareExchangeEntry)
      #expect(space.split(at: start, level: 2) == nil)
      #expect(space.translate(start)?.attributes == .writable | .dirty)
      #expect(!machine.takeWakeUp())
      #expect(TableAccounts(of: machine.kernel).released == 1)
    }
  }

  /// Empty tables that were kept go at any depth.
  @Test(arguments: [2, 3, 4])
  func emptyTablesMakeWayAtEveryDepth(level: Int) throws {
    try HostedMachine.run { machine in
      typealias Format = RISCVSv57
      let driver = SilentDriver(platform: machine.kernel)
      guard
        let space = HostedSpace<Format>.make(
          scheme: Reclaimer(sharing: Sharing(driver: driver)),
          emptyTables: .keep)
      else { throw OutOfFrames() }
      let leaf = range(Format.kernelHalf.start, Format.span(of: level))
      let linked = TableAccounts(of: machine.kernel).linked
      for offset in [0, leaf.size - pageSize] {
        let page = range(leaf.start + offset, pageSize)
        _ = space.map(page, to: PhysicalAddress(0), attributes: .kernelData)
        _ = space.unmap(page)
      }
      let kept = TableAccounts(of: machine.kernel).linked
      #expect(
        space.map(
          leaf, to: PhysicalAddress(leaf.size), attributes: .kernelData)
          == nil)
      #expect(
        space.translate(leaf.last)?.level == level)
      let after = TableAccounts(of: machine.kernel)
      #expect(kept - after.linked == UInt64(2 * level - 3))
      #expect(after.linked - linked == UInt64(4 - level))
      machine.runWorker(space.scheme)
      #expect(TableAccounts(of: machine.kernel).quarantined == 0)
      #expect(machine.accountsMismatch() == nil)
    }
  }

  /// The error names what is mapped, not where the large leaf would begin.
  @Test func occupiedNamesWhatIsMapped() throws {
    try HostedMachine.run { machine in
      let kernel = try machine.makeSpace()
      let user = try #require(HostedMachine.SpyUserSpace.make(copying: kernel))
      let used = kernelAddress(page: 5)
      _ = kernel.map(
        range(used, pageSize), to: PhysicalAddress(0x1000),
        attributes: .kernelData)
      #expect(
        kernel.map(
          range(kernelAddress(), mib2Size), to: PhysicalAddress(0),
          attributes: .kernelData) == MapError(.occupied, at: used))
      var unlinked = UnlinkedTables<SpyKernel, UserHalf>(on: machine.spy)
      let own = VirtualAddress(7 * pageSize)
      _ = user.map(
        range(own, pageSize), to: PhysicalAddress(0x1000),
        attributes: .userData, into: &unlinked)
      let error = user.map(
        range(VirtualAddress(0), mib2Size), to: PhysicalAddress(0),
        attributes: .userData, into: &unlinked)
      #expect(error == MapError(.occupied, at: own))
      let isEmpty = unlinked.isEmpty
      unlinked.forget()
      #expect(isEmpty)
    }
  }
}
