import Testing

@testable import Fallow

/// What every format promises, asked of each with the same questions.
@Suite struct PageTablesFormatTests {
  static let formats: [any PageTableFormat.Type] = [
    X86FourLevel.self, X86FiveLevel.self, RISCVSv39.self, RISCVSv48.self,
    RISCVSv57.self, AArch64FourKiB.self,
  ]

  /// Every set of attributes with at most one memory type.
  static let attributeSets: [LeafAttributes] = (0...UInt16.max)
    .map(LeafAttributes.init(rawValue:))
    .filter { LeafAttributes.all.contains($0) && !$0.contains(.memoryType) }

  @Test(arguments: 0..<formats.count)
  func attributesRoundTripOrAreRefusedByName(_ index: Int) {
    func check<Format: PageTableFormat>(_ format: Format.Type) {
      var refusals = 0
      for level in 1...Format.maxLeafLevel {
        let address = PhysicalAddress(Format.span(of: level) &* 3)
        for attributes in Self.attributeSets {
          let refused = Format.inexpressible(in: attributes)
          #expect(attributes.contains(refused))
          if refused != .none {
            refusals += 1
            continue
          }
          let entry = Format.leafEntry(
            mapping: address, level: level, attributes: attributes)
          #expect(Format.isPresent(entry))
          #expect(Format.isLeaf(entry, level: level))
          #expect(Format.address(in: entry, level: level) == address)
          #expect(
            Format.attributes(of: entry, level: level) == attributes,
            "\(format) level \(level)")
        }
      }
      #expect(refusals > 0)
    }
    check(Self.formats[index])
  }

  @Test(arguments: 0..<formats.count)
  func theNextLeafIsOneStepOn(_ index: Int) {
    func check<Format: PageTableFormat>(_ format: Format.Type) {
      for level in 1...Format.maxLeafLevel {
        let span = Format.span(of: level)
        let entry = { (address: UInt64) in
          Format.leafEntry(
            mapping: PhysicalAddress(address), level: level,
            attributes: .kernelData)
        }
        #expect(entry(span) &+ Format.leafStep(of: level) == entry(2 * span))
      }
    }
    check(Self.formats[index])
  }

  @Test(arguments: 0..<formats.count)
  func aTableEntryIsNoLeafAndLeavesAWalkerNothingToWrite(_ index: Int) {
    func check<Format: PageTableFormat>(_ format: Format.Type) {
      let table = PhysicalAddress(0x1234_5000)
      for isKernel in [true, false] {
        let entry = Format.tableEntry(pointingTo: table, isKernel: isKernel)
        #expect(Format.isPresent(entry))
        for level in 2...Format.levels {
          #expect(!Format.isLeaf(entry, level: level))
          #expect(Format.address(in: entry, level: level) == table)
        }
      }
      #expect(!Format.isPresent(0))
    }
    check(Self.formats[index])
  }

  @Test(arguments: 0..<formats.count)
  func theHalvesAreWhatTheRootDivides(_ index: Int) {
    func check<Format: PageTableFormat>(_ format: Format.Type) {
      let root = Format.levels
      let kernel = Format.kernelHalf
      let user = Format.userHalf
      #expect(kernel.last.rawValue == .max)
      #expect(user.start.rawValue == 0)
      #expect(!kernel.overlaps(user))
      let shared = Format.kernelHalfIndex
      if shared == Format.entriesPerTable {
        #expect(Format.index(of: kernel.start, level: root) == 0)
        #expect(kernel.size == Format.span(of: root) << 9)
      } else {
        #expect(Format.index(of: kernel.start, level: root) == shared)
        #expect(Format.index(of: user.last, level: root) == shared - 1)
        #expect(kernel.size == Format.span(of: root) << 8)
      }
    }
    check(Self.formats[index])
  }

  /// Bits of hardware that were read elsewhere, by hand.
  @Test func knownEntries() {
    let address = PhysicalAddress(0x8020_0000)
    // V R W G A D over PPN 0x80200.
    #expect(
      RISCVSv39.leafEntry(mapping: address, level: 2, attributes: .kernelData)
        == 0x80200 << 10 | 0xe7)
    #expect(
      RISCVSv39.tableEntry(pointingTo: address, isKernel: true)
        == 0x80200 << 10 | 1)
    #expect(
      X86FourLevel.leafEntry(
        mapping: address, level: 2, attributes: .kernelData)
        == (1 as UInt64) << 63 | 0x8020_0000 | 0x1e3)
    // Linux's PROT_SECT_NORMAL, dirty, and never executed by the kernel.
    #expect(
      AArch64FourKiB.leafEntry(
        mapping: address, level: 2, attributes: .kernelData)
        == 1 << 54 | 1 << 53 | 1 << 51 | 0x8020_0000 | 0x701)
  }
}
