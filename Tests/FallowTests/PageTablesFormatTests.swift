// SPDX-License-Identifier: Apache-2.0

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
          let refused = Format.unsupportedAttributes(in: attributes)
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

  /// What Linux 6.19 composes of the same, by hand.
  @Test func entriesAreLinuxs() {
    func x86(_ attributes: LeafAttributes, _ level: Int = 1) -> UInt64 {
      X86FourLevel.leafEntry(
        mapping: PhysicalAddress(0), level: level, attributes: attributes)
    }
    // __PAGE_KERNEL, _LARGE, _EXEC, _ROX, _NOCACHE; PAGE_SHARED, used.
    #expect(x86(.kernelData) == 0x8000_0000_0000_0163)
    #expect(x86(.kernelData, 2) == 0x8000_0000_0000_01e3)
    #expect(x86(.kernelData | .executable) == 0x163)
    #expect(x86(.global | .accessed | .executable) == 0x121)
    #expect(x86(.kernelData | .uncached) == 0x8000_0000_0000_017b)
    #expect(x86(.kernelData | .writeCombining) == 0x8000_0000_0000_016b)
    #expect(x86(.userData | .accessed) == 0x8000_0000_0000_0027)
    func riscv(_ attributes: LeafAttributes) -> UInt64 {
      RISCVSv39.leafEntry(
        mapping: PhysicalAddress(0x8020_0000), level: 1,
        attributes: attributes)
    }
    // _PAGE_KERNEL, _EXEC; _PAGE_IO and _PAGE_NOCACHE of Svpbmt.
    #expect(riscv(.kernelData) == 0x8020_0000 >> 2 | 0xe7)
    #expect(riscv(.kernelData | .executable) == 0x8020_0000 >> 2 | 0xef)
    #expect(riscv(.kernelData | .uncached) >> 61 == 2)
    #expect(riscv(.kernelData | .writeCombining) >> 61 == 1)
    func arm(_ attributes: LeafAttributes, _ level: Int = 1) -> UInt64 {
      AArch64FourKiB.leafEntry(
        mapping: PhysicalAddress(0x4000_0000), level: level,
        attributes: attributes)
    }
    // PAGE_KERNEL, dirty; PAGE_KERNEL_EXEC; PAGE_SHARED, PAGE_READONLY_EXEC.
    #expect(arm(.kernelData) == 0x0068_0000_4000_0703)
    #expect(arm(.kernelData, 2) == 0x0068_0000_4000_0701)
    #expect(arm(.kernelData | .executable) == 0x0048_0000_4000_0703)
    #expect(
      arm(.userData | .accessed | .dirty) == 0x0068_0000_4000_0f43)
    #expect(
      arm(.user | .executable | .accessed) == 0x0020_0000_4000_0fc3)
  }
}
