// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// A list of frames maps as its pages do one by one, and comes back as it was.
@Suite struct FrameListTests {
  @Test(arguments: 0..<PageTablesFormatTests.formats.count)
  func aListEqualsItsPages(_ index: Int) throws {
    func check<Format: PageTableFormat>(_ format: Format.Type) throws {
      let seed = UInt64(index + 1)
      print("\(format): lists of frames from seed \(seed)")
      try HostedMachine.run { lists in
        try HostedMachine.run { pages in
          var run = try FrameListRun<Format>(lists, pages, seed: seed)
          for number in 0..<1500 {
            if let problem = run.step() {
              Issue.record(
                "\(format), seed \(seed), operation \(number): \(problem)")
              return
            }
          }
          #expect(run.refusals > 20)
          #expect(run.holes > 20)
        }
      }
    }
    try check(PageTablesFormatTests.formats[index])
  }

  /// A frame that the CPUs cannot reach is refused by its page's address, and
  /// the pages before it are not mapped.
  @Test(arguments: [0, 3, 600])
  func aFrameOutOfReachIsRefused(place: Int) throws {
    try HostedMachine.run { machine in
      machine.paging.physicalAddressBits = 40
      let space = try machine.makeSpace()
      var frames = (0..<700).map { FrameNumber(UInt64($0)) }
      frames[place] = FrameNumber(1 << 28)
      let start = kernelAddress(page: 5)
      #expect(
        space.map(start, to: frames.span, attributes: .kernelData)
          == MapError(
            .invalidAddress, at: start + UInt64(place) * pageSize))
      #expect(
        space.firstLeaf(in: range(start, 700 * pageSize)) == nil)
    }
  }

  @Test func anEmptyListMapsNothing() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let none: [FrameNumber] = []
      #expect(
        space.map(kernelAddress(), to: none.span, attributes: .kernelData)
          == nil)
      #expect(space.firstLeaf(in: range(kernelAddress(), mib2Size)) == nil)
    }
  }

  @Test func whatNoLeafCanHaveIsRefused() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let frames = [FrameNumber(1), FrameNumber(2)]
      #expect(
        space.map(
          kernelAddress() + 1, to: frames.span, attributes: .kernelData)?.kind
          == .invalidAddress)
      #expect(
        space.map(kernelAddress(), to: frames.span, attributes: .user)?.kind
          == .unsupportedAttributes)
    }
  }

  /// Zeroes go where they are asked for, and nowhere else.
  @Test(arguments: [(0, 512), (0, 1), (511, 1), (3, 300)])
  func zeroesStayInTheirPlace(first: Int, count: Int) {
    HostedMachine.run { machine in
      let kernel = machine.kernel
      let frame = kernel.allocate(order: 0)
      kernel.fill(frame.address, count: 512, first: 1, step: 1)
      kernel.zero(frame.address.advanced(byEntries: first), count: count)
      for index in 0..<512 {
        let isZeroed = (first..<first + count).contains(index)
        #expect(
          kernel.load(frame.address.advanced(byEntries: index))
            == (isZeroed ? 0 : UInt64(index + 1)))
      }
      kernel.free(frame, order: 0)
    }
  }
}

/// Two spaces of one format: one is given lists, the other pages.
struct FrameListRun<Format: PageTableFormat> {
  let lists: HostedSpace<Format>
  let pages: HostedSpace<Format>
  var random: SeededGenerator
  /// How many operations were refused or stopped.
  var refusals = 0
  /// How many places of lists came back empty.
  var holes = 0

  init(_ lists: HostedMachine, _ pages: HostedMachine, seed: UInt64) throws {
    self.lists = try HostedSpace<Format>.make(on: lists)
    self.pages = try HostedSpace<Format>.make(on: pages)
    random = SeededGenerator(seed: seed)
  }

  private mutating func randomStretch() -> VirtualRange {
    let count = random.below(8) == 0 ? 700 : 1 + random.below(20)
    let first = random.below(1536 - count + 1)
    return range(
      Format.kernelHalf.start + UInt64(first) << 12, UInt64(count) << 12)
  }

  /// One operation on both; nil, or how they differ.
  mutating func step() -> String? {
    let stretch = randomStretch()
    let problem =
      switch random.below(8) {
      case 0..<4: map(stretch)
      case 4..<7: unmap(stretch)
      default: mapLarge(stretch)
      }
    if let problem { return "\(stretch): \(problem)" }
    return leaves(of: lists) == leaves(of: pages)
      ? nil : "\(stretch): the spaces differ"
  }

  private mutating func map(_ stretch: VirtualRange) -> String? {
    let frames = (0..<stretch.size >> 12).map { _ in
      FrameNumber(UInt64(random.below(1 << 24)))
    }
    let found = lists.map(
      stretch.start, to: frames.span, attributes: .kernelData)
    var expected: MapError?
    for (page, frame) in frames.enumerated() where expected == nil {
      expected = pages.mapGenerally(
        range(stretch.start + UInt64(page) << 12, pageSize), to: frame.address,
        attributes: .kernelData, maxLeafLevel: 1)
    }
    if found != nil { refusals += 1 }
    return found == expected ? nil : "map gave \(found as Any)"
  }

  private mutating func unmap(_ stretch: VirtualRange) -> String? {
    var frames = [FrameNumber](
      repeating: FrameNumber(7), count: Int(stretch.size >> 12))
    var unlinked = UnlinkedTables<HostedKernel, KernelHalf>(on: lists.platform)
    var places = frames.mutableSpan
    let found = lists.unmap(stretch.start, to: &places, into: &unlinked)
    lists.scheme.retire(unlinked)
    let expected = (0..<frames.count).map { page in
      found == nil
        ? pages.translate(stretch.start + UInt64(page) << 12).map {
          FrameNumber(containing: $0.address)
        } : nil
    }
    let refusal = pages.unmapGenerally(stretch)
    if found != nil { refusals += 1 }
    holes += frames.count { $0 == .none }
    return found == refusal && frames == expected.map { $0 ?? .none }
      ? nil : "unmap gave \(found as Any)"
  }

  /// Now and then a larger leaf is in the way.
  private func mapLarge(_ stretch: VirtualRange) -> String? {
    let large = range(
      stretch.start.alignedDown(to: Format.span(of: 2)), Format.span(of: 2))
    let target = PhysicalAddress(1 << 33)
    let found = lists.map(large, to: target, attributes: .kernelData)
    let expected = pages.mapGenerally(
      large, to: target, attributes: .kernelData,
      maxLeafLevel: HostedSpace<Format>.maxLeafLevel)
    return found == expected ? nil : "a large leaf gave \(found as Any)"
  }

  private func leaves(of space: HostedSpace<Format>) -> LeafList<Format> {
    var leaves = LeafList<Format>()
    _ = space.walk(
      range(Format.kernelHalf.start, 1536 << 12), visiting: &leaves)
    return leaves
  }
}
