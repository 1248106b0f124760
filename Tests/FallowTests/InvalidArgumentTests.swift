// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// Every entry point refuses every kind of bad argument by name, with nothing
/// changed, and none traps: in every format, in both halves.
@Suite struct InvalidArgumentTests {
  @Test(arguments: 0..<PageTablesFormatTests.formats.count)
  func everyEntryPointRefusesBadArguments(_ index: Int) throws {
    func check<Format: PageTableFormat>(_ format: Format.Type) throws {
      try HostedMachine.run(frames: 2048) { machine in
        let driver = SilentDriver(platform: machine.kernel)
        guard
          let kernel = HostedSpace<Format>.make(
            scheme: Reclaimer(sharing: Sharing(driver: driver))),
          let user = UserTree<Format, Reclaimer<SilentDriver>>.make(
            copying: kernel)
        else { throw OutOfFrames() }
        BadArguments(of: kernel).check { space, range, to, attributes, level in
          space.map(
            range, to: to, attributes: attributes, maxLeafLevel: level)
        }
        BadArguments(of: kernel).check { space, range, to, attributes, level in
          space.mapCollapsing(
            range, to: to, attributes: attributes, maxLeafLevel: level)
        }
        BadArguments(of: kernel).check { space, range, to, attributes, level in
          guard
            var frames = ReservedFrames.make(4, on: space.platform)
          else { return nil }
          let error = space.map(
            range, to: to, attributes: attributes, maxLeafLevel: level,
            from: &frames)
          frames.giveBack()
          return error
        }
        BadArguments(of: kernel).check { space, range, to, attributes, level in
          guard level == 1, range.size == pageSize else {
            return space.map(
              range, to: to, attributes: attributes, maxLeafLevel: level)
          }
          var cursor = Cursor(space)
          let error = cursor.map(range.start, to: to, attributes: attributes)
          cursor.finish()
          return error
        }
        BadArguments(of: user).check { space, range, to, attributes, level in
          var unlinked = UnlinkedTables<HostedKernel, UserHalf>(
            on: space.platform)
          let error = space.map(
            range, to: to, attributes: attributes, maxLeafLevel: level,
            into: &unlinked)
          space.scheme.retire(unlinked).invalidated(by: space.scheme.sharing)
            .release()
          return error
        }
      }
    }
    try check(PageTablesFormatTests.formats[index])
  }

  /// Memory types, large leaves and wide addresses that the CPUs do not have,
  /// though the format has them.
  @Test func whatTheCPUsLackIsRefused() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      machine.paging = PagingFeatures(
        maxLeafLevel: 2, hasMemoryTypes: false, physicalAddressBits: 39)
      let page = range(kernelAddress(), pageSize)
      #expect(
        space.map(
          page, to: PhysicalAddress(0), attributes: .kernelData | .uncached)
          == MapError(
            .unsupportedAttributes, at: page.start, attributes: .uncached))
      #expect(
        space.map(
          page, to: PhysicalAddress(1 << 39), attributes: .kernelData)
          == MapError(.invalidAddress, at: page.start))
      #expect(
        space.map(
          range(page.start, gibSize), to: PhysicalAddress(0),
          attributes: .kernelData) == nil)
      #expect(space.leaf(at: page.start)?.level == 2)
      var unlinked = UnlinkedTables<SpyKernel, KernelHalf>(on: machine.spy)
      let error = space.collapse(at: page.start, level: 3, into: &unlinked)
      space.scheme.retire(unlinked)
      #expect(error == MapError(.invalidLevel, at: page.start, level: 3))
    }
  }

  /// Where no walker records use, it is taken for granted.
  @Test func withoutRecordingNewLeavesAreUsed() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      machine.paging = PagingFeatures(recordsUse: false)
      for (attributes, expected) in [
        (LeafAttributes.writable, LeafAttributes.writable | .walkerWritten),
        (.none, .accessed),
      ] {
        let page = range(kernelAddress(), pageSize)
        for pages in [page, range(page.start, 2 * pageSize)] {
          #expect(
            space.map(pages, to: PhysicalAddress(0), attributes: attributes)
              == nil)
          #expect(space.translate(page.start)?.attributes == expected)
          #expect(space.unmap(pages) == nil)
        }
      }
    }
  }
}

/// One half of a space with a page, an entry point after the other.
private struct BadArguments<Format: PageTableFormat, Half: AddressHalf> {
  typealias Space = AddressSpace<Tables<Format, Half>, Reclaimer<SilentDriver>>

  let space: Space

  init(of space: Space) { self.space = space }

  private var good: LeafAttributes { Half.isKernel ? .kernelData : .userData }

  private var half: VirtualRange { Space.addresses }

  /// Ranges that are not whole pages of the half, of any size.
  private var badRanges: [VirtualRange] {
    let start = half.start
    let other = Half.isKernel ? Format.userHalf : Format.kernelHalf
    let sizes = [pageSize, 3 * pageSize, mib2Size, 600 * pageSize]
    let starts = [
      start + 1, start + 0x800, start + (half.size - 0x800), other.start,
      other.last.alignedDown(to: pageSize), start + half.size,
      VirtualAddress(1 << 62),
    ]
    return starts.flatMap { start in sizes.map { range(start, $0) } } + [
      range(start, 1), range(start, pageSize + 8), range(start, .max),
      range(start, half.size + pageSize),
      range(half.last.alignedDown(to: pageSize), 2 * pageSize),
      range(half.last.alignedDown(to: mib2Size), 2 * mib2Size),
    ]
  }

  /// Checks a way to map, and then all that takes a range or an address.
  func check(
    _ map: (
      Space, VirtualRange, PhysicalAddress, LeafAttributes, Int
    ) -> MapError?
  ) {
    // A table of pages to write into, so that the fast paths could.
    let page = range(half.start, pageSize)
    let home = PhysicalAddress(0x40_0000)
    _ = map(space, page, home, good, 1)
    let before = leaves
    #expect(before.count == 1)
    for bad in badRanges {
      expect(.invalidAddress, map(space, bad, home, good, 1), bad)
    }
    let limit: UInt64 = 1 << Format.physicalAddressBits
    let free = half.start + 16 * pageSize
    for count in [1, 3, 600] as [UInt64] {
      let pages = range(free, count * pageSize)
      for address in [
        home.rawValue + 6, limit, limit | 0x1000, 1 << 63 | 0x1000,
        limit - pageSize * (count - 1), UInt64.max & ~(pageSize - 1),
      ] as [UInt64] {
        expect(
          .invalidAddress,
          map(space, pages, PhysicalAddress(address), good, 1), pages)
      }
      for level in [-1, 0, Space.maxLeafLevel + 1, 9] {
        expect(.invalidLevel, map(space, pages, home, good, level), pages)
      }
      for attributes in badAttributes {
        expect(
          .unsupportedAttributes, map(space, pages, home, attributes, 1),
          pages)
      }
    }
    checkRanges()
    checkAddresses()
    #expect(leaves == before)
    #expect(space.unmapOnly(page) == nil)
  }

  private var badAttributes: [LeafAttributes] {
    let all = [
      good | .memoryType, good | (Half.isKernel ? .user : .global),
      good | LeafAttributes(rawValue: 1),
      good | LeafAttributes(rawValue: 1 << 7),
      good | LeafAttributes(rawValue: 1 << 15), good | .unreadable,
    ]
    return Format.self is any X86Paging.Type
      ? all + [good.subtracting(.writable) | .dirty] : all
  }

  private func checkRanges() {
    for bad in badRanges {
      var revoked = LeafAttributes.none
      var taken = LeafAttributes.none
      var visitor = LeafList<Format>()
      expect(.invalidAddress, space.unmapOnly(bad), bad)
      expect(
        .invalidAddress,
        space.protect(bad, setting: .writable, revoked: &revoked), bad)
      expect(
        .invalidAddress,
        space.harvest(bad, visiting: &visitor, taken: &taken), bad)
      expect(.invalidAddress, space.walk(bad, visiting: &visitor), bad)
      #expect(visitor.leaves.isEmpty && taken == LeafAttributes.none)
      #expect(space.firstLeaf(in: bad) == nil)
      #expect(space.firstHole(in: bad) == bad)
      var steps = space.leaves(in: bad)
      #expect(steps.next() == nil)
      var unlinked = UnlinkedTables<HostedKernel, Half>(on: space.platform)
      let collapsed = space.collapse(around: bad, into: &unlinked)
      let isEmpty = unlinked.isEmpty
      unlinked.forget()
      #expect(isEmpty)
      expect(.invalidAddress, collapsed, bad)
      guard let frames = space.reserve(for: bad, to: PhysicalAddress(0)) else {
        Issue.record("no frames for \(bad)")
        continue
      }
      let tookNone = frames.countBack()
      #expect(tookNone)
    }
    let page = range(half.start, pageSize)
    for attributes in badAttributes {
      var revoked = LeafAttributes.none
      if attributes.contains(.unreadable) || attributes.contains(.dirty) {
        continue
      }
      expect(
        .unsupportedAttributes,
        space.protect(page, setting: attributes, revoked: &revoked), page)
    }
  }

  private func checkAddresses() {
    let other = Half.isKernel ? Format.userHalf : Format.kernelHalf
    let outside = [
      half.start + half.size, VirtualAddress(1 << 62), other.start,
      half.start + (1 << 61),
    ].filter { !half.contains($0) }
    for address in outside {
      if Half.isKernel || !Format.kernelHalf.contains(address) {
        #expect(space.translate(address) == nil)
      }
      checkReshapes(.invalidAddress, at: address, level: 2)
    }
    for level in [-1, 0, 1, Format.levels + 1] {
      checkReshapes(.invalidLevel, at: half.start, level: level)
    }
  }

  private func checkReshapes(
    _ kind: MapError.Kind, at address: VirtualAddress, level: Int
  ) {
    let place = range(address, pageSize)
    #expect(space.entryKind(at: address, level: level) == .empty)
    expect(kind, space.split(at: address, level: level, breaks: true), place)
    var unlinked = UnlinkedTables<HostedKernel, Half>(on: space.platform)
    let collapsed = space.collapse(
      at: address, level: level, breaks: true, into: &unlinked)
    let detached = space.detach(at: address, level: level, into: &unlinked)
    let isEmpty = unlinked.isEmpty
    unlinked.forget()
    #expect(isEmpty)
    expect(kind, collapsed, place)
    expect(kind, detached, place)
    if level == 1 { return }
    var old: MappedLeaf?
    expect(
      kind,
      space.remap(
        address, level: level, to: PhysicalAddress(0), attributes: good,
        breaks: true, replaced: &old), place)
    #expect(old == nil)
  }

  private var leaves: [MappedLeaf] {
    var list = LeafList<Format>()
    _ = space.walk(range(half.start, 1 << 30), visiting: &list)
    return list.leaves
  }

  private func expect(
    _ kind: MapError.Kind, _ found: MapError?, _ range: VirtualRange,
    _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(
      found?.kind == kind, "\(Format.self), \(range): \(found as Any)",
      sourceLocation: location)
  }
}

extension ReservedFrames {
  /// Gives them back; whether there was none.
  fileprivate consuming func countBack() throws(P.Interruption) -> Bool {
    let wasEmpty = isEmpty
    try giveBack()
    return wasEmpty
  }
}

extension AddressSpace where P == HostedKernel {
  /// Unmaps a range, and forgets that there may be tables to retire.
  fileprivate func unmapOnly(_ range: VirtualRange) -> MapError? {
    var unlinked = UnlinkedTables<HostedKernel, Half>(on: platform)
    let error = unmap(range, into: &unlinked)
    unlinked.forget()
    return error
  }
}
