// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// The fast paths are there for speed alone: on the same operations, a space
/// that takes them and one that never does end up equal.
@Suite struct FastPathTests {
  @Test(arguments: 0..<PageTablesFormatTests.formats.count)
  func fastPathsEqualTheGeneralPath(_ index: Int) throws {
    func check<Format: PageTableFormat>(_ format: Format.Type) throws {
      let seed = UInt64(index + 1)
      print("\(format): fast paths from seed \(seed)")
      try HostedMachine.run { fast in
        try HostedMachine.run { general in
          var run = try FastPathRun<Format>(fast, general, seed: seed)
          for number in 0..<4000 {
            if let problem = run.step() {
              Issue.record(
                "\(format), seed \(seed), operation \(number): \(problem)")
              return
            }
          }
          #expect(run.refusals > 20)
        }
      }
    }
    try check(PageTablesFormatTests.formats[index])
  }
}

/// Two spaces of one format, and the same operations on both.
struct FastPathRun<Format: PageTableFormat> {
  let fast: HostedSpace<Format>
  let general: HostedSpace<Format>
  var random: SeededGenerator
  /// How many operations stopped before their end.
  var refusals = 0

  init(
    _ fast: HostedMachine, _ general: HostedMachine, seed: UInt64
  ) throws {
    self.fast = try HostedSpace<Format>.make(on: fast)
    self.general = try HostedSpace<Format>.make(on: general)
    random = SeededGenerator(seed: seed)
  }

  private static var pages: Int { 1536 }

  private static var stretch: VirtualRange {
    range(Format.kernelHalf.start, UInt64(pages) << 12)
  }

  /// Mostly a few pages, at times a whole table's or more.
  private mutating func randomRange() -> VirtualRange {
    let count =
      switch random.below(16) {
      case 0: 512
      case 1: 1 + random.below(1024)
      case 2, 3: 1
      default: 1 + random.below(40)
      }
    var first = random.below(Self.pages - count + 1)
    if random.below(3) == 0 { first &= ~511 }
    return range(
      Format.kernelHalf.start + UInt64(first) << 12, UInt64(count) << 12)
  }

  private mutating func randomAttributes() -> LeafAttributes {
    while true {
      let any = LeafAttributes(rawValue: UInt16(random.below(1 << 16)))
      let attributes = any & .all
      if fast.unsupported(attributes) == .none { return attributes }
    }
  }

  /// One operation on both; nil, or how they differ.
  mutating func step() -> String? {
    let range = randomRange()
    let problem =
      switch random.below(8) {
      case 0..<3: map(range)
      case 3..<5: unmap(range)
      case 5..<7: protect(range)
      default: work()
      }
    if let problem { return problem }
    let leaves = (Self.leaves(of: fast), Self.leaves(of: general))
    return leaves.0 == leaves.1
      ? nil : "\(range): \(leaves.0) is not \(leaves.1)"
  }

  private mutating func map(_ range: VirtualRange) -> String? {
    let offset = range.start.rawValue &- Format.kernelHalf.start.rawValue
    // Mostly what can be a large leaf.
    let address = PhysicalAddress(
      1 << 34 + offset + (random.below(4) == 0 ? pageSize : 0))
    let attributes = randomAttributes()
    let level = 1 + random.below(2)
    let found = fast.map(
      range, to: address, attributes: attributes, maxLeafLevel: level)
    let expected = general.mapGenerally(
      range, to: address, attributes: attributes, maxLeafLevel: level)
    if found != nil { refusals += 1 }
    return found == expected ? nil : "map gave \(found as Any)"
  }

  private mutating func unmap(_ range: VirtualRange) -> String? {
    let found = fast.unmap(range)
    let expected = general.unmapGenerally(range)
    if found != nil { refusals += 1 }
    return found == expected ? nil : "unmap gave \(found as Any)"
  }

  private mutating func protect(_ range: VirtualRange) -> String? {
    // Mostly what leaves areas with leaves of two kinds.
    let isRandom = random.below(2) == 0
    let setting = isRandom ? randomAttributes() : .none
    let clearing = isRandom ? randomAttributes() : .writable
    let change = LeafChange(setting: setting, clearing: clearing)
    var revoked = (LeafAttributes.none, LeafAttributes.none)
    let found = fast.protect(
      range, setting: setting, clearing: clearing, revoked: &revoked.0)
    var expected =
      general.partialLeaf(in: range) ?? general.refusal(of: change, in: range)
    if expected == nil {
      // Leaf by leaf: nothing is remembered from one to the next.
      var rest = general.leaves(in: range)
      while expected == nil, let leaf = rest.next() {
        expected = general.protectRange(
          leaf.range, change: change, revoked: &revoked.1)
      }
    }
    if found != nil { refusals += 1 }
    return found == expected && revoked.0 == revoked.1
      ? nil : "protect gave \(found as Any) and took \(revoked)"
  }

  private func work() -> String? {
    for space in [fast, general] {
      space.platform.machine.runWorker(space.scheme)
    }
    let accounts = [fast, general].map { TableAccounts(of: $0.platform) }
    return accounts[0] == accounts[1]
      ? nil : "\(accounts[0]) is not \(accounts[1])"
  }

  private static func leaves(
    of space: HostedSpace<Format>
  ) -> LeafList<Format> {
    var leaves = LeafList<Format>()
    _ = space.walk(stretch, visiting: &leaves)
    return leaves
  }
}
