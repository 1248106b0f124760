// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// What becomes of a table after its entry was cleared.
@Suite struct ReclamationTests {
  /// Maps and unmaps one page, which retires a table of level 1 and one of
  /// level 2.
  func retireTwo(_ space: HostedMachine.SpySpace, gib: Int = 0) {
    let page = range(kernelAddress(gib: gib), pageSize)
    _ = space.map(page, to: PhysicalAddress(0), attributes: .kernelData)
    _ = space.unmap(page)
  }

  @Test func everyIOMMUOfEveryBindingIsAskedOncePerBatch() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let bindings = [
        Binding(pasid: PASID(7), iommus: IOMMUSet(first: 3), devices: 1),
        Binding(
          pasid: PASID(8), iommus: IOMMUSet(rawValue: 0b1010), devices: 1),
      ]
      for binding in bindings {
        let user = try #require(
          HostedMachine.SpyUserSpace.make(copying: space))
        user.share(binding)
      }
      machine.isRecording = true
      for gib in 0..<5 { retireTwo(space, gib: gib) }
      machine.runWorker(space.scheme)
      var order = LifeOrder(bindings: bindings)
      #expect(order.check(machine.events) == nil)
      #expect(order.released == 10)
      let submissions = machine.events.count {
        if case .submitted = $0 { true } else { false }
      }
      #expect(submissions == 5)
      for iommu in 0..<4 {
        #expect(machine.events.count { $0 == .fenced(iommu: iommu) } == 1)
      }
    }
  }

  @Test func aWalkerThatDoesNotAnswerParksTheBatch() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let user = try #require(HostedMachine.SpyUserSpace.make(copying: space))
      let binding = Binding(
        pasid: PASID(1), iommus: IOMMUSet(first: 2), devices: 1)
      user.share(binding)
      machine.isRecording = true
      let free = machine.freeFrames

      machine.failing = IOMMUSet(rawValue: 0b10)
      for round in 1...3 as ClosedRange<UInt64> {
        retireTwo(space)
        machine.runWorker(space.scheme)
        #expect(TableAccounts(of: machine.kernel).parked == 2 * round)
        #expect(machine.accountsMismatch() == nil)
        #expect(machine.freeFrames == free - 2 * Int(round))
      }
      machine.failing = IOMMUSet(rawValue: 0)
      retireTwo(space)
      machine.runWorker(space.scheme)
      let accounts = TableAccounts(of: machine.kernel)
      #expect(accounts.parked == 0 && accounts.quarantined == 0)
      #expect(machine.freeFrames == free)
      var order = LifeOrder(bindings: [binding])
      #expect(order.check(machine.events) == nil)
      #expect(order.released == 8)
    }
  }

  @Test func aRunWithoutTablesAsksNobody() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      machine.isRecording = true
      space.scheme.reclaim()
      #expect(machine.events == [])
    }
  }

  /// Blocks of more than one frame take the same way and go back whole.
  @Test func compoundBlocksGoBackWhole() throws {
    try HostedMachine.run { machine in
      let scheme = machine.scheme
      machine.isRecording = true
      let before = machine.freeFrames
      guard
        let table = ConstructedTable<SpyKernel, KernelHalf>.make(
          on: machine.spy, level: 4, entries: 512, order: 1)
      else { throw OutOfFrames() }
      let frame = table.root()
      #expect(machine.freeFrames == before - 2)
      for index in [0, 511, 512, 1023] as [UInt64] {
        #expect(machine.kernel.load(frame.address + index * 8) == 0)
      }
      var unlinked = UnlinkedTables<SpyKernel, KernelHalf>(on: machine.spy)
      unlinked.append(frame, of: frame)
      // Nobody shares, but a reader is under way.
      machine.kernel.enterReadSection()
      scheme.retire(unlinked)
      machine.kernel.leaveReadSection()
      #expect(machine.freeFrames == before - 2)
      machine.runWorker(scheme)
      #expect(machine.freeFrames == before)
      #expect(machine.events.last == .released(frame, order: 1))
    }
  }

  @Test func reservedMemoryEndsRetained() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let page = range(kernelAddress(), pageSize)
      _ = space.map(page, to: PhysicalAddress(0), attributes: .kernelData)
      let (slot, _, entry) = try #require(
        space.find(at: page.start, level: 2))
      #expect(slot != PhysicalAddress(0))
      let table = X86FourLevel.table(in: entry, level: 2)
      var word = machine.kernel.typeWord(of: table)
      word[.reservedMemory] = true
      machine.kernel.setTypeWord(word, of: table)
      let free = machine.freeFrames
      _ = space.unmap(page)
      machine.runWorker(space.scheme)
      let accounts = TableAccounts(of: machine.kernel)
      #expect(accounts.retained == 1 && accounts.released == 1)
      #expect(machine.freeFrames == free + 1)
      #expect(machine.accountsMismatch() == nil)
    }
  }

  /// Someone else's table was linked first.
  @Test func aTableMadeForNothingGoesBackWithoutAnInvalidation() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let mine = range(kernelAddress(page: 1), pageSize)
      let theirs = range(kernelAddress(page: 2), pageSize)
      machine.hook = { access in
        guard access == .compareExchangeEntry else { return }
        machine.hook = nil
        _ = space.map(theirs, to: PhysicalAddress(0), attributes: .kernelData)
      }
      machine.isRecording = true
      #expect(
        space.map(mine, to: PhysicalAddress(0), attributes: .kernelData)
          == nil)
      #expect(!machine.takeWakeUp())
      #expect(TableAccounts(of: machine.kernel).released == 1)
      let invalidations = machine.events.count {
        switch $0 {
        case .awaitedReaders, .submitted, .flushed: true
        default: false
        }
      }
      #expect(invalidations == 0)
      checkThatNothingLeaks(space, machine, [mine, theirs])
    }
  }

  /// A neighbour fills a table between the moment this call linked it and the
  /// moment it goes on into it.
  @Test func aNeighbourInATableJustMadeIsCountedOnce() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let mine = range(kernelAddress(page: 1), pageSize)
      let theirs = range(kernelAddress(page: 2), pageSize)
      var links = 0
      machine.hook = { access in
        // The access after the first link: on the way down from it.
        if access == .compareExchangeEntry { links += 1 }
        guard access == .loadEntry, links == 1 else { return }
        machine.hook = nil
        _ = space.map(theirs, to: PhysicalAddress(0), attributes: .kernelData)
      }
      #expect(
        space.map(mine, to: PhysicalAddress(0), attributes: .kernelData)
          == nil)
      checkThatNothingLeaks(space, machine, [mine, theirs])
    }
  }

  /// The neighbour that won the race leaves again: the table above is empty
  /// once the loser gives up its place, and goes.
  @Test func aTableThatMapUnlinksIsFlushedBeforeItIsRetired() throws {
    for victim in 0..<40 {
      try HostedMachine.run { machine in
        let space = try machine.makeSpace()
        machine.isRecording = true
        let mine = range(kernelAddress(page: 1), pageSize)
        let theirs = range(kernelAddress(page: 2), pageSize)
        var accesses = 0
        var entries = 0
        machine.hook = { access in
          accesses += 1
          let hook = machine.hook
          machine.hook = nil
          if access == .compareExchangeEntry {
            entries += 1
            if entries == 2 {
              _ = space.map(
                theirs, to: PhysicalAddress(0), attributes: .kernelData)
            }
          }
          if entries == 2, accesses > victim { _ = space.unmap(theirs) }
          machine.hook = hook
        }
        #expect(
          space.map(mine, to: PhysicalAddress(0), attributes: .kernelData)
            == nil)
        machine.hook = nil
        checkThatNothingLeaks(space, machine, [mine, theirs])
        var order = LifeOrder()
        #expect(order.check(machine.events) == nil, "unmapped at \(victim)")
      }
    }
  }

  func checkThatNothingLeaks(
    _ space: HostedMachine.SpySpace, _ machine: HostedMachine,
    _ ranges: [VirtualRange]
  ) {
    for range in ranges { _ = space.unmap(range) }
    machine.runWorker(space.scheme)
    #expect(
      TableAccounts(of: machine.kernel).linked
        == MappingTests.permanentTables)
    #expect(machine.accountsMismatch() == nil)
  }
}
