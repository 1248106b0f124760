// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// What AArch64's CPUs differ in, as a kernel says it when it boots.
@Suite struct AArch64FeatureTests {
  private typealias Format = AArch64FourKiB
  private typealias Space = HostedSpace<Format>

  private let start = Format.kernelHalf.start
  private var page: VirtualRange { range(start, pageSize) }
  private var stretch: VirtualRange { range(start, mib2Size) }

  private func withSpace(
    _ paging: PagingFeatures, _ body: (Space) throws -> Void
  ) throws {
    try HostedMachine.run(frames: 2048) { machine in
      machine.paging = paging
      let driver = SilentDriver(platform: machine.kernel)
      try body(
        try #require(
          Space.make(scheme: Reclaimer(sharing: Sharing(driver: driver)))))
    }
  }

  private func attributes(_ space: Space) -> LeafAttributes? {
    space.translate(start)?.attributes
  }

  // MARK: The access flag and the dirty state

  @Test func withHardwareThatRecordsUseLeavesBeginUnused() throws {
    try withSpace(PagingFeatures()) { space in
      #expect(
        space.map(page, to: PhysicalAddress(0), attributes: .writable) == nil)
      #expect(attributes(space) == .writable)
    }
  }

  @Test(arguments: [false, true])
  func withoutItNoAccessFaultsForAFlag(isWritable: Bool) throws {
    try withSpace(PagingFeatures(recordsUse: false)) { space in
      let wanted: LeafAttributes = isWritable ? .writable : .none
      #expect(
        space.map(page, to: PhysicalAddress(0), attributes: wanted) == nil)
      #expect(
        attributes(space)
          == (isWritable ? wanted | .walkerWritten : .accessed))
    }
  }

  /// A clean leaf would fault at the first store, and nobody would make it
  /// dirty.
  @Test(arguments: [false, true])
  func withoutItALeafThatBecomesWritableIsDirty(isLarge: Bool) throws {
    try withSpace(PagingFeatures(recordsUse: false)) { space in
      let whole = isLarge ? stretch : page
      #expect(
        space.map(whole, to: PhysicalAddress(0), attributes: .none) == nil)
      var revoked = LeafAttributes.none
      #expect(
        space.protect(whole, setting: .writable, revoked: &revoked) == nil)
      #expect(attributes(space) == .writable | .walkerWritten)
      #expect(revoked == LeafAttributes.none)
    }
  }

  // MARK: Break-before-make

  @Test func aLeafBecomesATableLiveWithLevelTwoAlone() throws {
    for replaces in [false, true] {
      try withSpace(PagingFeatures(replacesLiveEntries: replaces)) { space in
        #expect(
          space.map(stretch, to: PhysicalAddress(0), attributes: .kernelData)
            == nil)
        let refusal = MapError(
          .requiresBreakBeforeMake, at: start, level: 2)
        #expect(
          space.split(at: start, level: 2) == (replaces ? nil : refusal))
        #expect(
          space.entryKind(at: start, level: 2)
            == (replaces ? .table : .leaf))
      }
    }
  }

  /// FEAT_BBM says nothing of the memory type and of global.
  @Test(arguments: [LeafAttributes.uncached, .global])
  func levelTwoAllowsNoOtherLiveChange(change: LeafAttributes) throws {
    try withSpace(PagingFeatures(replacesLiveEntries: true)) { space in
      #expect(
        space.map(page, to: PhysicalAddress(0), attributes: .writable) == nil)
      var revoked = LeafAttributes.none
      #expect(
        space.protect(page, setting: change, revoked: &revoked)
          == MapError(.requiresBreakBeforeMake, at: start))
      #expect(attributes(space) == .writable)
      var old: MappedLeaf?
      #expect(
        space.remap(
          start, to: PhysicalAddress(0), attributes: .writable | change,
          breaks: true, replaced: &old) == nil)
      #expect(attributes(space) == .writable | change)
    }
  }

  // MARK: Contiguous groups

  /// Wherever the group is, it is named, and the frames are nobody's again.
  @Test(arguments: [0, 16, 496])
  func aContiguousGroupIsRefusedByItsFirstLeaf(first: Int) {
    HostedMachine.run { machine in
      let kernel = machine.kernel
      func table() -> FrameNumber {
        let frame = kernel.allocate(order: 0)
        kernel.fill(frame.address, count: 512, first: 0, step: 0)
        return frame
      }
      let root = table()
      var last = root
      for _ in 0..<3 {
        let next = table()
        kernel.store(next.address.rawValue | 0b11, to: last.address)
        last = next
      }
      let leaf = Format.leafEntry(
        mapping: PhysicalAddress(0), level: 1, attributes: .kernelData)
      for index in 0..<512 {
        let isInGroup = first..<(first + 16) ~= index
        kernel.store(
          leaf | UInt64(index) << 12 | (isInGroup ? 1 << 52 : 0),
          to: last.address.advanced(byEntries: index))
      }
      let before = kernel.typeWord(of: root)
      let driver = SilentDriver(platform: machine.kernel)
      let found = Space.adopt(
        root, scheme: Reclaimer(sharing: Sharing(driver: driver))
      ) { _ in false }
      guard case .failure(let error) = found else {
        Issue.record("the group was adopted")
        return
      }
      #expect(
        error
          == MapError(
            .unsupportedEntry, at: start + UInt64(first) * pageSize, level: 1)
      )
      #expect(kernel.typeWord(of: root) == before)
      #expect(kernel.load(root.address) & 0xfff == 0b11)
    }
  }
}
