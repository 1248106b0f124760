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
      #expect(
        space.protect(range(start, mib2Size), attributes: .global)
          == .protected)
      #expect(space.translate(start)?.attributes == .global | .dirty)
    }
  }

  /// Where the architecture demands a break before a change of the memory type,
  /// it is refused by name, and what comes before is done.
  @Test func aLiveChangeOfTheMemoryTypeIsRefused() throws {
    try HostedMachine.run { machine in
      let driver = SilentDriver(platform: machine.kernel)
      guard
        let space = HostedSpace<AArch64FourKiB>.make(
          scheme: Reclaimer(sharing: Sharing(driver: driver)))
      else { throw OutOfFrames() }
      let start = AArch64FourKiB.kernelHalf.start
      _ = space.map(
        range(start, pageSize), to: PhysicalAddress(0), attributes: .uncached)
      _ = space.map(
        range(start + pageSize, pageSize), to: PhysicalAddress(0),
        attributes: .none)
      let uncached = LeafAttributes.uncached | .writable
      #expect(
        space.protect(range(start, 2 * pageSize), attributes: uncached)
          == .demandsBreak(start + pageSize))
      #expect(space.translate(start)?.attributes == uncached)
      #expect(
        space.translate(start + pageSize)?.attributes == LeafAttributes.none)
    }
  }

  @Test func whatTheFormatCannotSayChangesNothing() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let page = range(kernelAddress(), pageSize)
      _ = space.map(page, to: PhysicalAddress(0), attributes: .kernelData)
      #expect(
        space.protect(page, attributes: .unreadable)
          == .inexpressible(.unreadable))
      #expect(space.translate(page.start)?.attributes == .kernelData)
    }
  }
}
