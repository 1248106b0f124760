// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// Frames that were taken ahead.
@Suite struct ReservedFramesTests {
  /// In every format, ranges of every kind in an empty space: what was reserved
  /// is what mapping needs, no more and no less.
  @Test(arguments: 0..<PageTablesFormatTests.formats.count)
  func aReservationIsEnoughAndNoMore(_ index: Int) throws {
    func check<Format: PageTableFormat>(_ format: Format.Type) throws {
      var random = SeededGenerator(seed: UInt64(index) + 1)
      try HostedMachine.run(frames: 4096) { machine in
        let driver = SilentDriver(platform: machine.kernel)
        let space = try #require(
          HostedSpace<Format>.make(
            scheme: Reclaimer(sharing: Sharing(driver: driver))))
        for turn in 0..<60 {
          let first = random.below(1 << 18)
          let stretch = range(
            Format.kernelHalf.start + UInt64(first) << 12,
            UInt64(1 + random.below(1 << random.below(18))) << 12)
          // Aligned like the addresses, or a page beside.
          let address = PhysicalAddress(
            UInt64(first + random.below(2)) << 12)
          let level = 1 + random.below(min(3, Format.levels - 1))
          let what = "\(format) turn \(turn): \(stretch) level \(level)"
          guard
            var reserved = space.reserve(
              for: stretch, to: address, maxLeafLevel: level)
          else {
            Issue.record("\(what): no frames")
            return
          }
          machine.allocationsLeft = 0
          let outcome = space.map(
            stretch, to: address, attributes: .kernelData,
            maxLeafLevel: level, from: &reserved)
          let isEmpty = reserved.isEmpty
          reserved.giveBack()
          machine.allocationsLeft = .max
          if outcome != nil { Issue.record("\(what): \(outcome as Any)") }
          if !isEmpty { Issue.record("\(what): too many") }
          _ = space.unmap(stretch)
          machine.runWorker(space.scheme)
        }
      }
    }
    try check(PageTablesFormatTests.formats[index])
  }

  @Test func whatIsNotThereIsNotTaken() {
    HostedMachine.run(frames: 64) { machine in
      let free = machine.freeFrames
      if let tooMany = ReservedFrames.make(free + 1, on: machine.kernel) {
        tooMany.giveBack()
        Issue.record("more frames than there are")
      }
      #expect(machine.freeFrames == free)
      let all = ReservedFrames.make(free, on: machine.kernel)
      #expect(machine.freeFrames == 0)
      all?.giveBack()
      #expect(machine.freeFrames == free)
    }
  }

  @Test(arguments: [-1, Int.min])
  func fewerThanNoneAreNotTaken(count: Int) {
    HostedMachine.run(frames: 64) { machine in
      let free = machine.freeFrames
      if let some = ReservedFrames.make(count, on: machine.kernel) {
        some.giveBack()
        Issue.record("\(count) frames")
      }
      #expect(machine.freeFrames == free)
    }
  }

  /// Someone else gives back a frame that is reserved: neither is a table made
  /// of it, nor is it free twice.
  @Test(arguments: [false, true])
  func aReservedFrameThatWasGivenBackFaults(isMapped: Bool) async {
    await #expect(processExitsWith: .failure) { [isMapped] in
      try HostedMachine.run { machine in
        let space = try machine.makeSpace()
        guard var reserved = ReservedFrames.make(3, on: machine.spy) else {
          return
        }
        machine.free(reserved.head, order: 0)
        if isMapped {
          _ = space.map(
            range(kernelAddress(), pageSize), to: PhysicalAddress(0),
            attributes: .kernelData, from: &reserved)
        }
        reserved.giveBack()
      }
    }
  }

  /// A reservation that is too small is used up first.
  @Test func thePlatformIsAskedForTheRest() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      guard var reserved = ReservedFrames.make(1, on: machine.spy) else {
        throw OutOfFrames()
      }
      machine.allocationsLeft = 1
      let page = range(kernelAddress(), pageSize)
      let outcome = space.map(
        page, to: PhysicalAddress(0), attributes: .kernelData,
        from: &reserved)
      #expect(outcome == nil)
      let isEmpty = reserved.isEmpty
      reserved.giveBack()
      #expect(isEmpty)
      #expect(machine.allocationsLeft == 0)
    }
  }

  /// A caller that draws on a reservation may hold a lock, so nothing is
  /// drained for it; a caller that takes frames without one drains first.
  @Test func mappingFromAReservationDoesNotSleep() throws {
    try HostedMachine.run { machine in
      let scheme = HostedMachine.SpyScheme(
        sharing: machine.scheme.sharing, limit: 1)
      guard let space = HostedMachine.SpySpace.make(scheme: scheme) else {
        throw OutOfFrames()
      }
      machine.shareASpace()
      let large = range(kernelAddress(gib: 1), mib2Size)
      _ = space.map(large, to: PhysicalAddress(0), attributes: .kernelData)
      let page = range(kernelAddress(), pageSize)
      _ = space.map(page, to: PhysicalAddress(0), attributes: .kernelData)
      guard var reserved = ReservedFrames.make(3, on: machine.spy) else {
        throw OutOfFrames()
      }
      _ = space.unmap(page)
      let waiting = TableAccounts(of: machine.kernel).quarantined
      var locks = 0
      machine.hook = { if $0 == .lock { locks += 1 } }
      let mapped = space.map(
        page, to: PhysicalAddress(0), attributes: .kernelData, from: &reserved)
      let split = space.split(at: large.start, level: 2, from: &reserved)
      machine.hook = nil
      let isEmpty = reserved.isEmpty
      reserved.giveBack()
      #expect(mapped == nil && split == nil && isEmpty)
      #expect(waiting > 0 && locks == 0)
      #expect(TableAccounts(of: machine.kernel).quarantined == waiting)
      _ = space.unmap(page)
      _ = space.map(page, to: PhysicalAddress(0), attributes: .kernelData)
      #expect(TableAccounts(of: machine.kernel).quarantined == 0)
    }
  }

  /// A part of a large leaf can go when there is no frame left.
  @Test func aSplitFromTheReserve() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let start = kernelAddress(mib2: 1)
      _ = space.map(
        range(start, mib2Size), to: PhysicalAddress(0),
        attributes: .kernelData)
      guard var reserved = ReservedFrames.make(1, on: machine.spy) else {
        throw OutOfFrames()
      }
      machine.allocationsLeft = 0
      #expect(
        space.split(at: start, level: 2)
          == MapError(.outOfFrames, at: start, level: 2))
      let outcome = space.split(at: start, level: 2, from: &reserved)
      reserved.giveBack()
      #expect(outcome == nil)
      #expect(space.unmap(range(start, pageSize)) == nil)
    }
  }

  @Test func theUserHalfDrawsOnAReservationToo() throws {
    try HostedMachine.run { machine in
      let kernel = try machine.makeSpace()
      let user = try #require(HostedMachine.SpyUserSpace.make(copying: kernel))
      let stretch = range(VirtualAddress(mib2Size - pageSize), 2 * pageSize)
      guard var reserved = user.reserve(for: stretch, to: PhysicalAddress(0))
      else { throw OutOfFrames() }
      machine.allocationsLeft = 0
      var unlinked = UnlinkedTables<SpyKernel, UserHalf>(on: machine.spy)
      let outcome = user.map(
        stretch, to: PhysicalAddress(0), attributes: .userData,
        into: &unlinked, from: &reserved)
      let isEmpty = reserved.isEmpty && unlinked.isEmpty
      reserved.giveBack()
      #expect(outcome == nil && isEmpty)
      user.scheme.retire(unlinked).invalidated(by: user.scheme.sharing)
        .release()
    }
  }

  /// To unmap, retire and reclaim takes no frame: memory comes back however
  /// little there is.
  @Test func reclaimingNeedsNoFrame() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      machine.shareASpace()
      let stretch = range(kernelAddress(), 3 * mib2Size)
      _ = space.map(
        stretch, to: PhysicalAddress(0), attributes: .kernelData,
        maxLeafLevel: 1)
      let free = machine.freeFrames
      var allocations = 0
      machine.hook = { if $0 == .allocate { allocations += 1 } }
      #expect(space.unmap(stretch) == nil)
      machine.runWorker(space.scheme)
      machine.hook = nil
      #expect(allocations == 0)
      #expect(machine.freeFrames == free + 4)
    }
  }
}
