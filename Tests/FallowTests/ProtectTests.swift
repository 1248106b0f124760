// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// New attributes for what is mapped.
@Suite struct ProtectTests {
  /// A walker that writes a dirty bit in the middle loses nothing.
  @Test func whatAWalkerWritesMeanwhileStays() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let start = kernelAddress(mib2: 3)
      _ = space.map(
        range(start, mib2Size), to: PhysicalAddress(0), attributes: .writable)
      let (slot, _, _) = try #require(space.find(at: start, level: 2))
      machine.writeDirtyBit(to: slot, before: .compareExchangeEntry)
      var revoked = LeafAttributes.none
      #expect(
        space.protect(
          range(start, mib2Size), setting: .global, clearing: .writable,
          revoked: &revoked) == nil)
      #expect(space.translate(start)?.attributes == .global | .dirty)
      #expect(revoked == .writable)
    }
  }

  /// Copy-on-write takes the right to write from dirty leaves: on x86-64 such a
  /// leaf must not be what a shadow stack is made of.
  @Test(arguments: [1, 9] as [UInt64])
  func aReadOnlyLeafIsNeverDirtyForTheHardware(pages: UInt64) throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let stretch = range(kernelAddress(), pages * pageSize)
      _ = space.map(stretch, to: PhysicalAddress(0), attributes: .kernelData)
      var revoked = LeafAttributes.none
      #expect(
        space.protect(stretch, clearing: .writable, revoked: &revoked) == nil)
      let readOnly = LeafAttributes.kernelData.subtracting(.writable)
      for page in 0..<pages {
        let at = stretch.start + page * pageSize
        let entry = try #require(space.find(at: at, level: 1)).entry
        #expect(entry & 0b10 == 0 && entry & dirtyBit == 0)
        #expect(space.translate(at)?.attributes == readOnly)
      }
      #expect(
        space.protect(stretch, setting: .writable, revoked: &revoked) == nil)
      #expect(space.translate(stretch.start)?.attributes == .kernelData)
      #expect(revoked == .writable)
    }
  }

  /// What is neither set nor cleared stays, one leaf or many, with or without a
  /// name.
  @Test(arguments: [1, 9] as [UInt64])
  func whatIsNotNamedStays(pages: UInt64) throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let stretch = range(kernelAddress(), pages * pageSize)
      let attributes = LeafAttributes.kernelData | .uncached | .software0
      _ = space.map(stretch, to: PhysicalAddress(0), attributes: attributes)
      let ignored: UInt64 = 1 << 55
      let (slot, _, entry) = try #require(
        space.find(at: stretch.start, level: 1))
      machine.kernel.store(entry | ignored, to: slot)
      var revoked = LeafAttributes.none
      #expect(
        space.protect(stretch, clearing: .writable, revoked: &revoked) == nil)
      #expect(
        space.translate(stretch.last)?.attributes
          == attributes.subtracting(.writable))
      #expect(machine.kernel.load(slot) & ignored != 0)
    }
  }

  @Test func aMemoryTypeReplacesTheOther() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let page = range(kernelAddress(), pageSize)
      _ = space.map(
        page, to: PhysicalAddress(0), attributes: .kernelData | .uncached)
      var revoked = LeafAttributes.none
      #expect(
        space.protect(page, setting: .writeCombining, revoked: &revoked) == nil)
      #expect(
        space.translate(page.start)?.attributes
          == .kernelData | .writeCombining)
      #expect(revoked == .uncached | .writeCombining)
    }
  }

  /// A right that is added takes none away: no walker need forget it.
  @Test func addingRightsRevokesNothing() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let page = range(kernelAddress(), pageSize)
      _ = space.map(page, to: PhysicalAddress(0), attributes: .none)
      var revoked = LeafAttributes.none
      #expect(
        space.protect(
          page, setting: .writable | .executable | .accessed,
          revoked: &revoked) == nil)
      #expect(revoked == LeafAttributes.none)
    }
  }

  /// Where the architecture demands a break, a change of the memory type or of
  /// global is refused, and nothing has changed.
  @Test(arguments: [LeafAttributes.uncached, .global])
  func aLiveChangeThatNeedsABreakIsRefused(_ change: LeafAttributes) throws {
    try HostedMachine.run { machine in
      let space = try HostedSpace<AArch64FourKiB>.make(on: machine)
      let start = AArch64FourKiB.kernelHalf.start
      _ = space.map(
        range(start, pageSize), to: PhysicalAddress(0), attributes: change)
      _ = space.map(
        range(start + pageSize, pageSize), to: PhysicalAddress(0),
        attributes: .none)
      var revoked = LeafAttributes.none
      #expect(
        space.protect(
          range(start, 2 * pageSize), setting: change | .writable,
          revoked: &revoked)
          == MapError(.requiresBreakBeforeMake, at: start + pageSize))
      #expect(space.translate(start)?.attributes == change)
      #expect(
        space.translate(start + pageSize)?.attributes == LeafAttributes.none)
    }
  }

  @Test func whatTheFormatCannotSayChangesNothing() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let page = range(kernelAddress(), pageSize)
      _ = space.map(page, to: PhysicalAddress(0), attributes: .kernelData)
      var revoked = LeafAttributes.none
      #expect(
        space.protect(page, setting: .unreadable, revoked: &revoked)
          == MapError(
            .unsupportedAttributes, at: page.start, attributes: .unreadable))
      #expect(space.translate(page.start)?.attributes == .kernelData)
    }
  }

  /// RISC-V: memory that can only be executed, and then not that either.
  @Test func aLeafMayNotEndWithoutAnyRight() throws {
    try HostedMachine.run { machine in
      let space = try HostedSpace<RISCVSv39>.make(on: machine)
      let page = range(RISCVSv39.kernelHalf.start, pageSize)
      let attributes = LeafAttributes.executable | .unreadable
      _ = space.map(page, to: PhysicalAddress(0), attributes: attributes)
      var revoked = LeafAttributes.none
      for (setting, clearing) in [
        (LeafAttributes.none, LeafAttributes.executable), (.writable, .none),
      ] {
        #expect(
          space.protect(
            page, setting: setting, clearing: clearing, revoked: &revoked)?
            .kind == .unsupportedAttributes)
      }
      #expect(space.translate(page.start)?.attributes == attributes)
    }
  }
}
