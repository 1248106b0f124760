// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// Map, unmap and translate over ranges, with every size of leaf.
@Suite struct MappingTests {
  static let permanentTables: UInt64 = 257

  @Test func mapsThePiecesWithTheLargestLeavesThatFit() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      // One page short of 1 GiB, then 1 GiB, 2 MiB and a page.
      let start = kernelAddress(gib: 1, page: 0) + (0 &- pageSize)
      let size = pageSize + gibSize + mib2Size + pageSize
      let physical = PhysicalAddress(gibSize &- pageSize)
      #expect(
        space.map(range(start, size), to: physical, attributes: .kernelData)
          == nil)
      let levels = [
        (start, 1), (kernelAddress(gib: 1), 3), (kernelAddress(gib: 2), 2),
        (kernelAddress(gib: 2, mib2: 1), 1),
      ]
      for (address, level) in levels {
        let offset = address.rawValue &- start.rawValue
        #expect(
          space.translate(address)
            == Translation(
              address: physical + offset, level: level, attributes: .kernelData
            ))
      }
      #expect(
        space.leaf(at: kernelAddress(gib: 1, mib2: 7, page: 3) + 5)
          == Leaf(address: gibSize + 7 << 21 + 3 << 12 + 5, level: 3))
      #expect(space.translate(start + (0 &- pageSize)) == nil)
      #expect(space.translate(start + size) == nil)

      #expect(space.unmap(range(start, size)) == nil)
      #expect(space.translate(start) == nil)
      machine.runWorker(space.scheme)
      let accounts = TableAccounts(of: machine.kernel)
      #expect(accounts.linked == Self.permanentTables)
      #expect(machine.accountsMismatch() == nil)
    }
  }

  @Test(arguments: [1, 2, 3])
  func obeysTheLargestLevel(maxLeafLevel: Int) throws {
    try HostedMachine.run(frames: 2048) { machine in
      let space = try machine.makeSpace()
      let start = kernelAddress(gib: 3)
      #expect(
        space.map(
          range(start, gibSize), to: PhysicalAddress(0),
          attributes: .kernelData, maxLeafLevel: maxLeafLevel) == nil)
      #expect(
        space.leaf(at: start + (gibSize - 1))
          == Leaf(address: gibSize - 1, level: maxLeafLevel))
      #expect(space.unmap(range(start, gibSize)) == nil)
      machine.runWorker(space.scheme)
      #expect(TableAccounts(of: machine.kernel).linked == Self.permanentTables)
    }
  }

  @Test func aLeafThatReachesOutOfTheRangeStopsUnmap() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let large = kernelAddress(mib2: 1)
      _ = space.map(
        range(kernelAddress(page: 511), pageSize), to: PhysicalAddress(0),
        attributes: .kernelData)
      _ = space.map(
        range(large, mib2Size), to: PhysicalAddress(0), attributes: .kernelData)
      #expect(
        space.unmap(range(kernelAddress(page: 511), 3 * pageSize))
          == MapError(.partialLeaf, at: large, level: 2))
      #expect(space.leaf(at: kernelAddress(page: 511))?.level == 1)
      #expect(space.leaf(at: large) == Leaf(address: 0, level: 2))
      #expect(
        space.unmap(range(large + pageSize, mib2Size))
          == MapError(.partialLeaf, at: large + pageSize, level: 2))
      #expect(space.leaf(at: large) == Leaf(address: 0, level: 2))
    }
  }

  @Test func anOccupiedAddressStopsMapAndLeavesTheRest() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let taken = kernelAddress(mib2: 1, page: 3)
      _ = space.map(
        range(taken, pageSize), to: PhysicalAddress(0x7000_0000),
        attributes: .kernelData)
      let start = kernelAddress(mib2: 0, page: 510)
      #expect(
        space.map(
          range(start, 16 * pageSize), to: PhysicalAddress(0x4000_0000),
          attributes: .kernelData) == MapError(.occupied, at: taken))
      for page in 0..<5 {
        #expect(
          space.leaf(at: start + UInt64(page) * pageSize)
            == Leaf(address: 0x4000_0000 + UInt64(page) * pageSize, level: 1))
      }
      #expect(space.leaf(at: taken) == Leaf(address: 0x7000_0000, level: 1))
      #expect(space.translate(taken + pageSize) == nil)
      // The counts are right: unmapping what is there frees both tables.
      _ = space.unmap(range(start, 16 * pageSize))
      machine.runWorker(space.scheme)
      #expect(TableAccounts(of: machine.kernel).linked == Self.permanentTables)
    }
  }

  @Test func aLargeLeafInTheWayIsOccupied() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let large = kernelAddress(mib2: 2)
      _ = space.map(
        range(large, mib2Size), to: PhysicalAddress(0), attributes: .kernelData)
      #expect(
        space.map(
          range(large + pageSize, pageSize), to: PhysicalAddress(0),
          attributes: .kernelData)
          == MapError(.occupied, at: large + pageSize, level: 2))
      _ = space.unmap(range(large, mib2Size))
      machine.runWorker(space.scheme)
      #expect(TableAccounts(of: machine.kernel).linked == Self.permanentTables)
    }
  }

  /// Whatever frame is missing, everything before the address is mapped,
  /// nothing from there on is, and no table stays for nothing.
  @Test func withoutFramesMapStopsAndLeavesNothingBehind() throws {
    for frames in 0..<4 {
      try HostedMachine.run { machine in
        let space = try machine.makeSpace()
        let before = machine.freeFrames
        machine.allocationsLeft = frames
        // A level-2 table and one of level 1, then level 1 again, twice.
        let start = kernelAddress(page: 511)
        let outcome = space.map(
          range(start, mib2Size + 2 * pageSize), to: PhysicalAddress(pageSize),
          attributes: .kernelData)
        machine.allocationsLeft = .max
        let mapped: UInt64 =
          switch frames {
          case 0, 1: 0
          case 2: pageSize
          default: pageSize + mib2Size
          }
        #expect(outcome.refusal == Refusal(.outOfFrames, start + mapped))
        var at: UInt64 = 0
        while at < mib2Size + 2 * pageSize {
          #expect(
            space.leaf(at: start + at)
              == (at < mapped ? Leaf(address: pageSize + at, level: 1) : nil))
          at += pageSize
        }
        _ = space.unmap(range(start, mib2Size + 2 * pageSize))
        machine.runWorker(space.scheme)
        #expect(machine.freeFrames == before)
        #expect(machine.accountsMismatch() == nil)
      }
    }
  }

  /// A leaf that is shown is taken in one step with what a walker wrote.
  @Test func aLeafIsShownWithWhatAWalkerWroteLast() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let page = range(kernelAddress(mib2: 3), pageSize)
      _ = space.map(page, to: PhysicalAddress(0), attributes: .writable)
      let (slot, _, _) = try #require(space.find(at: page.start, level: 1))
      machine.writeDirtyBit(to: slot, before: .exchangeEntry)
      var leaves = LeafList<X86FourLevel>()
      var unlinked = UnlinkedTables<SpyKernel, KernelHalf>(on: machine.spy)
      _ = space.unmap(page, into: &unlinked, visiting: &leaves)
      space.scheme.retire(unlinked)
      #expect(leaves.leaves.map(\.attributes) == [.writable | .dirty])
    }
  }

  @Test func emptyTablesAreFreedUpwardOrKept() throws {
    for (mode, kept) in [(EmptyTablePolicy.free, 0 as UInt64), (.keep, 3)] {
      try HostedMachine.run { machine in
        let space = try machine.makeSpace(mode)
        // Two tables of level 1 under one of level 2.
        let pages = range(kernelAddress(page: 511), 2 * pageSize)
        _ = space.map(pages, to: PhysicalAddress(0), attributes: .kernelData)
        _ = space.unmap(range(pages.start, pageSize))
        #expect(space.leaf(at: pages.last)?.level == 1)
        _ = space.unmap(pages)
        machine.runWorker(space.scheme)
        #expect(
          TableAccounts(of: machine.kernel).linked
            == Self.permanentTables + kept)
      }
    }
  }

  @Test func topLevelEntriesOfTheKernelHalfArePermanent() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      func top() -> [UInt64] {
        (256..<512).map {
          machine.kernel.load(space.root.address + UInt64($0 * 8))
        }
      }
      let before = top()
      #expect(before.allSatisfy { X86FourLevel.isPresent($0) })
      // The first, the last and all of a top-level entry's addresses.
      for start in [
        kernelAddress(), X86FourLevel.kernelHalf.last.alignedDown(to: gibSize),
      ] {
        _ = space.map(
          range(start, gibSize), to: PhysicalAddress(0),
          attributes: .kernelData)
        _ = space.unmap(range(start.alignedDown(to: 1 << 39), 1 << 39))
      }
      machine.runWorker(space.scheme)
      #expect(top() == before)
      #expect(TableAccounts(of: machine.kernel).linked == Self.permanentTables)
    }
  }

  @Test func aUserSpaceSeesTheKernelHalfThroughItsOwnRoot() throws {
    try HostedMachine.run { machine in
      let kernel = try machine.makeSpace()
      let user = try #require(HostedMachine.SpyUserSpace.make(copying: kernel))
      // Mapped after the copy was made.
      let address = kernelAddress(gib: 600, page: 9)
      _ = kernel.map(
        range(address, pageSize), to: PhysicalAddress(0x5000),
        attributes: .kernelData)
      #expect(user.leaf(at: address) == Leaf(address: 0x5000, level: 1))

      let own = VirtualAddress(0x40_0000)
      var unlinked = UnlinkedTables<SpyKernel, UserHalf>(on: machine.spy)
      #expect(
        user.map(
          range(own, pageSize), to: PhysicalAddress(0x9000),
          attributes: .userData, into: &unlinked) == nil)
      let unlinkedByMap = !unlinked.isEmpty
      #expect(!unlinkedByMap)
      #expect(user.translate(own)?.attributes == .userData)
      #expect(kernel.translate(own) == nil)
      #expect(user.unmap(range(own, pageSize), into: &unlinked) == nil)
      // Three levels below the root; none of them is the kernel's.
      #expect(TableAccounts(of: machine.kernel).unlinked == 3)
      let batch = user.scheme.retire(unlinked)
      #expect(!machine.takeWakeUp(), "a user table is not queued")
      batch.invalidated(by: user.scheme.sharing).release()
      #expect(TableAccounts(of: machine.kernel).released == 3)
      #expect(machine.accountsMismatch() == nil)
    }
  }

  @Test func theMarkIsOnKernelTablesAndNoOthers() throws {
    try HostedMachine.run { machine in
      let kernel = try machine.makeSpace()
      let user = try #require(HostedMachine.SpyUserSpace.make(copying: kernel))
      #expect(machine.kernel.typeWord(of: kernel.root)[.kernelMark])
      #expect(!machine.kernel.typeWord(of: user.root)[.kernelMark])
      #expect(machine.kernel.typeWord(of: kernel.root).level == 4)
    }
  }

  /// However many frames there are, a space that is not made takes none.
  @Test(arguments: [0, 1, 100, 256])
  func aSpaceThatIsNotMadeTakesNoFrame(frames: Int) throws {
    HostedMachine.run { machine in
      let before = machine.freeFrames
      machine.allocationsLeft = frames
      let space = HostedMachine.SpySpace.make(scheme: machine.scheme)
      machine.allocationsLeft = .max
      #expect(space == nil)
      #expect(machine.freeFrames == before)
      #expect(TableAccounts(of: machine.kernel).linked == 0)
    }
  }

  /// Whatever made an entry valid has published it, outside a read section.
  @Test func newEntriesArePublished() throws {
    try HostedMachine.run { machine in
      let kernel = try machine.makeSpace()
      let user = try #require(HostedMachine.SpyUserSpace.make(copying: kernel))
      var depth = 0
      var isPublished = false
      machine.hook = { access in
        switch access {
        case .enterReadSection: depth += 1
        case .leaveReadSection: depth -= 1
        case .storeEntry, .compareExchangeEntry: isPublished = false
        case .publish:
          isPublished = true
          #expect(depth == 0)
        default: break
        }
      }
      func expectPublished(_ what: String, _ error: MapError?) {
        #expect(error == nil && isPublished, "\(what)")
        isPublished = false
      }
      let start = kernelAddress()
      for pages in [1, 1, 3, 512, 1025] as [UInt64] {
        let stretch = range(start, pages * pageSize)
        expectPublished(
          "\(pages) pages",
          kernel.map(
            stretch, to: PhysicalAddress(mib2Size), attributes: .kernelData,
            maxLeafLevel: 1))
        if pages != 512 { _ = kernel.unmap(stretch) }
        if pages == 512 {
          var unlinked = UnlinkedTables<SpyKernel, KernelHalf>(on: machine.spy)
          let collapsed = kernel.collapse(
            at: start, level: 2, breaks: true, into: &unlinked)
          expectPublished("collapse", collapsed)
          kernel.scheme.retire(unlinked)
          expectPublished(
            "split", kernel.split(at: start, level: 2, breaks: true))
          _ = kernel.unmap(stretch)
        }
      }
      var unlinked = UnlinkedTables<SpyKernel, UserHalf>(on: machine.spy)
      for page in 0..<3 as Range<UInt64> {
        let error = user.map(
          range(VirtualAddress(page * pageSize), pageSize),
          to: PhysicalAddress(0), attributes: .userData, into: &unlinked)
        expectPublished("a user's page", error)
      }
      let isEmpty = unlinked.isEmpty
      unlinked.forget()
      #expect(isEmpty)
    }
  }
}
