// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// One leaf replaced by another in one step.
@Suite struct RemapTests {
  @Test(arguments: [1, 2])
  func theOldLeafIsHandedOut(level: Int) throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let leaf = range(kernelAddress(), X86FourLevel.span(of: level))
      _ = space.map(
        leaf, to: PhysicalAddress(2 * mib2Size), attributes: .global)
      machine.isRecording = true
      var old: MappedLeaf?
      #expect(
        space.remap(
          leaf.start, level: level, to: PhysicalAddress(4 * mib2Size),
          attributes: .kernelData, replaced: &old) == nil)
      #expect(
        old
          == MappedLeaf(
            range: leaf, address: PhysicalAddress(2 * mib2Size),
            attributes: .global))
      #expect(
        space.translate(leaf.start)
          == Translation(
            address: PhysicalAddress(4 * mib2Size), level: level,
            attributes: .kernelData))
      #expect(machine.events.last == .flushed(leaf))
    }
  }

  /// A walker that writes a dirty bit at the last moment loses nothing.
  @Test func whatAWalkerWroteLastIsHandedOut() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let page = range(kernelAddress(), pageSize)
      _ = space.map(page, to: PhysicalAddress(0), attributes: .writable)
      let (slot, _, _) = try #require(space.find(at: page.start, level: 1))
      machine.writeDirtyBit(to: slot, before: .exchangeEntry)
      var old: MappedLeaf?
      _ = space.remap(
        page.start, to: PhysicalAddress(0x3000), attributes: .writable,
        replaced: &old)
      #expect(old?.attributes == .writable | .dirty)
    }
  }

  @Test func whatIsNoLeafOfTheLevelIsRefused() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      _ = space.map(
        range(kernelAddress(), pageSize), to: PhysicalAddress(0),
        attributes: .kernelData)
      _ = space.map(
        range(kernelAddress(mib2: 1), mib2Size), to: PhysicalAddress(0),
        attributes: .kernelData)
      var old: MappedLeaf?
      func remap(_ address: VirtualAddress, level: Int) -> MapError? {
        space.remap(
          address, level: level, to: PhysicalAddress(0),
          attributes: .kernelData, replaced: &old)
      }
      for (address, level, kind, at) in [
        (kernelAddress(page: 1), 1, MapError.Kind.notMapped, 1),
        (kernelAddress(mib2: 2), 2, .notMapped, 2),
        (kernelAddress(mib2: 1, page: 1), 1, .partialLeaf, 2),
        (kernelAddress(), 2, .occupied, 2),
      ] {
        #expect(
          remap(address, level: level)
            == MapError(kind, at: address, level: at))
      }
      #expect(old == nil)
    }
  }

  /// Where the architecture demands it, the entry is clear when the CPUs flush,
  /// and the new one is published.
  @Test func aBreakComesBeforeTheMake() throws {
    try HostedMachine.run { machine in
      let space = try HostedSpace<AArch64FourKiB>.make(on: machine)
      let start = AArch64FourKiB.kernelHalf.start
      _ = space.map(
        range(start, pageSize), to: PhysicalAddress(0x1000),
        attributes: .kernelData)
      var old: MappedLeaf?
      #expect(
        space.remap(
          start, to: PhysicalAddress(0x2000), attributes: .kernelData,
          replaced: &old)
          == MapError(.requiresBreakBeforeMake, at: start))
      #expect(space.leaf(at: start) == Leaf(address: 0x1000, level: 1))
      #expect(
        space.remap(
          start, to: PhysicalAddress(0x2000), attributes: .kernelData,
          breaks: true, replaced: &old) == nil)
      #expect(old?.address == PhysicalAddress(0x1000))
      #expect(space.leaf(at: start) == Leaf(address: 0x2000, level: 1))
    }
  }
}
