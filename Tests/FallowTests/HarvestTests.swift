// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// Accessed and dirty bits taken out of leaves.
@Suite struct HarvestTests {
  @Test(arguments: 0..<PageTablesFormatTests.formats.count)
  func usedLeavesAreShownOnce(_ index: Int) throws {
    func check<Format: PageTableFormat>(_ format: Format.Type) throws {
      try HostedMachine.run { machine in
        let space = try HostedSpace<Format>.make(on: machine)
        let start = Format.kernelHalf.start
        let used: [LeafAttributes] = [
          .writable | .walkerWritten, .writable | .accessed, .writable,
          .writable | .software0 | .walkerWritten,
        ]
        for (page, attributes) in used.enumerated() {
          _ = space.map(
            range(start + UInt64(page) * pageSize, pageSize),
            to: PhysicalAddress(UInt64(page) * pageSize),
            attributes: attributes)
        }
        let pages = range(start, 8 * pageSize)
        func harvest(
          _ bits: LeafAttributes
        ) -> (pages: [UInt64], taken: LeafAttributes) {
          var list = LeafList<Format>()
          var taken = LeafAttributes.none
          #expect(
            space.harvest(pages, bits: bits, visiting: &list, taken: &taken)
              == nil)
          return (list.leaves.map { $0.address.rawValue >> 12 }, taken)
        }
        let dirty = harvest(.dirty)
        #expect(dirty.pages == [0, 3] && dirty.taken == .dirty)
        let accessed = harvest(.walkerWritten)
        #expect(accessed.pages == [0, 1, 3] && accessed.taken == .accessed)
        let none = harvest(.walkerWritten)
        #expect(none.pages.isEmpty && none.taken == LeafAttributes.none)
        for (page, attributes) in used.enumerated() {
          #expect(
            space.translate(start + UInt64(page) * pageSize)?.attributes
              == attributes.subtracting(.walkerWritten))
        }
      }
    }
    try check(PageTablesFormatTests.formats[index])
  }

  /// What a walker sets meanwhile is either taken or stays.
  @Test func whatAWalkerWritesMeanwhileIsNotLost() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let page = range(kernelAddress(), pageSize)
      _ = space.map(
        page, to: PhysicalAddress(0), attributes: .writable | .accessed)
      let (slot, _, _) = try #require(space.find(at: page.start, level: 1))
      machine.writeDirtyBit(to: slot, before: .compareExchangeEntry)
      var list = LeafList<X86FourLevel>()
      var taken = LeafAttributes.none
      _ = space.harvest(page, visiting: &list, taken: &taken)
      #expect(taken == .walkerWritten)
      #expect(list.leaves.map(\.attributes) == [.writable | .walkerWritten])
      #expect(space.translate(page.start)?.attributes == .writable)
    }
  }

  /// No flush where nothing was taken, and no leaf that reaches out.
  @Test func itFlushesWhatItTook() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let large = range(kernelAddress(), mib2Size)
      _ = space.map(large, to: PhysicalAddress(0), attributes: .kernelData)
      var list = LeafList<X86FourLevel>()
      var taken = LeafAttributes.none
      machine.isRecording = true
      #expect(
        space.harvest(
          range(large.start + pageSize, pageSize), visiting: &list,
          taken: &taken)
          == MapError(.partialLeaf, at: large.start + pageSize, level: 2))
      #expect(machine.events.isEmpty)
      _ = space.harvest(large, visiting: &list, taken: &taken)
      #expect(machine.events.last == .flushed(large))
      machine.events = []
      _ = space.harvest(large, visiting: &list, taken: &taken)
      #expect(machine.events.isEmpty)
    }
  }
}
