// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// Tables that were there before the library: taken over exactly, or refused by
/// name and address, with nothing changed.
@Suite struct AdoptionTests {
  private typealias Format = X86FourLevel

  /// Makes a table behind `slot` the way boot code does: with entries that are
  /// not the library's.
  private static func link(
    _ machine: HostedMachine, at slot: PhysicalAddress, flags: UInt64 = 0b11
  ) -> FrameNumber {
    let frame = machine.kernel.allocate(order: 0)
    machine.kernel.fill(frame.address, count: 512, first: 0, step: 0)
    machine.kernel.store(frame.address.rawValue | flags, to: slot)
    return frame
  }

  /// A boot tree with one page at the start of the kernel half, tables from the
  /// root on.
  private static func boot(_ machine: HostedMachine) -> [FrameNumber] {
    let root = machine.kernel.allocate(order: 0)
    machine.kernel.fill(root.address, count: 512, first: 0, step: 0)
    var tables = [root]
    for level in [4, 3, 2] {
      tables.append(
        link(
          machine,
          at: Format.slot(
            for: kernelAddress(), in: tables[tables.count - 1],
            level: level)))
    }
    machine.kernel.store(
      Format.leafEntry(
        mapping: PhysicalAddress(0x5000), level: 1, attributes: .kernelData),
      to: tables[3].address)
    return tables
  }

  private static func adopt(
    _ root: FrameNumber, _ machine: HostedMachine,
    reserved: FrameNumber = .none
  ) -> Result<HostedMachine.SpySpace, MapError> {
    HostedMachine.SpySpace.adopt(root, scheme: machine.scheme) {
      $0 == reserved
    }
  }

  @Test func everyReachableTableIsMarked() throws {
    try HostedMachine.run { machine in
      let tables = Self.boot(machine)
      let space = try Self.adopt(tables[0], machine, reserved: tables[3]).get()
      for table in tables {
        let word = machine.kernel.typeWord(of: table)
        #expect(word.kind == .table && word.state == .linked)
        #expect(word[.kernelMark])
        #expect(word[.reservedMemory] == (table == tables[3]))
      }
      #expect(
        space.leaf(at: kernelAddress()) == Leaf(address: 0x5000, level: 1))
      // The root, 256 tables of its kernel half, and two below.
      #expect(TableAccounts(of: machine.kernel).linked == 1 + 256 + 2)
      for index in 256..<512 as Range<UInt64> {
        #expect(machine.kernel.load(tables[0].address + index * 8) != 0)
      }
    }
  }

  /// They go the same way; the one in reserved memory is not given back.
  @Test func adoptedTablesAreRetiredLikeOthers() throws {
    try HostedMachine.run { machine in
      let tables = Self.boot(machine)
      let space = try Self.adopt(tables[0], machine, reserved: tables[3]).get()
      let free = machine.freeFrames
      #expect(space.unmap(range(kernelAddress(), pageSize)) == nil)
      machine.runWorker(space.scheme)
      let accounts = TableAccounts(of: machine.kernel)
      #expect(accounts.retained == 1 && accounts.released == 1)
      #expect(accounts.linked == 1 + 256)
      #expect(machine.freeFrames == free + 1)
      #expect(
        machine.kernel.load(
          Format.slot(for: kernelAddress(), in: tables[1], level: 3)) == 0)
    }
  }

  /// The identity map of boot code goes the same way.
  @Test func theUserHalfOfAnAdoptedRootIsUnmapped() throws {
    try HostedMachine.run { machine in
      let tables = Self.boot(machine)
      let low = Self.link(machine, at: tables[0].address)
      let lower = Self.link(machine, at: low.address)
      machine.kernel.store(
        Format.leafEntry(
          mapping: PhysicalAddress(0), level: 2, attributes: .kernelData),
        to: lower.address)
      let space = KernelSpace(
        tables: try Self.adopt(tables[0], machine).get())
      let free = machine.freeFrames
      machine.isRecording = true
      space.unmapAdoptedUserHalf()
      machine.isRecording = false
      #expect(machine.events.contains(.flushed(Format.userHalf)))
      machine.runWorker(space.scheme)
      #expect(machine.freeFrames == free + 2)
      for index in 0..<256 as Range<UInt64> {
        #expect(machine.kernel.load(tables[0].address + index * 8) == 0)
      }
      #expect(
        space.tables.leaf(at: kernelAddress())
          == Leaf(address: 0x5000, level: 1))
      #expect(TableAccounts(of: machine.kernel).linked == 1 + 256 + 2)
      // Nothing is left to unmap.
      space.unmapAdoptedUserHalf()
      #expect(machine.freeFrames == free + 2)
    }
  }

  /// What boot trees hold that the library cannot represent, and where.
  private struct Oddity: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var address: VirtualAddress
    var level: Int
    /// Puts it into a tree.
    var put: @Sendable (HostedMachine, [FrameNumber]) -> Void

    init(
      _ name: String, at address: VirtualAddress, level: Int,
      put: @escaping @Sendable (HostedMachine, [FrameNumber]) -> Void
    ) {
      testDescription = name
      self.address = address
      self.level = level
      self.put = put
    }

    /// An entry in the tree's table of `level`, at index 7.
    init(_ name: String, entry: UInt64, level: Int) {
      let offset = 7 * X86FourLevel.span(of: level)
      self.init(name, at: kernelAddress() + offset, level: level) {
        $0.kernel.store(entry, to: $1[4 - level].address + 7 * 8)
      }
    }
  }

  private static let oddities = [
    Oddity(
      "a table that hangs from two entries", at: kernelAddress(gib: 9),
      level: 3
    ) { machine, tables in
      machine.kernel.store(
        tables[2].address.rawValue | 0b11, to: tables[1].address + 9 * 8)
    },
    Oddity(
      "a table that hangs from both halves", at: kernelAddress(),
      level: 4
    ) { machine, tables in
      machine.kernel.store(
        tables[1].address.rawValue | 0b11, to: tables[0].address)
    },
    Oddity(
      "a root that maps itself", at: kernelAddress(gib: 255 * 512),
      level: 4
    ) { machine, tables in
      machine.kernel.store(
        tables[0].address.rawValue | 0b11,
        to: tables[0].address + (256 + 255) * 8)
    },
    Oddity("a read-only table", at: kernelAddress(mib2: 7), level: 2) {
      _ = link($0, at: $1[2].address + 7 * 8, flags: 0b01)
    },
    Oddity(
      "a table that is not executable", at: kernelAddress(mib2: 7),
      level: 2
    ) {
      _ = link($0, at: $1[2].address + 7 * 8, flags: 1 << 63 | 0b11)
    },
    Oddity("a table outside of memory", entry: 0xff_ffff_f003, level: 2),
    Oddity("an absent page", entry: 0x1234_5000_0002, level: 1),
    Oddity("an absent table", entry: 0x1234_5000_0002, level: 2),
    Oddity("the bit of a table in a leaf", entry: 0x20_08e3, level: 2),
    Oddity("the bit of a table in a page", entry: 0x5863, level: 1),
    Oddity("the PAT bit of a page", entry: 0x5000 | 0xe3, level: 1),
    Oddity("the PAT bit of a large leaf", entry: 0x20_10e3, level: 2),
    Oddity("a large leaf that is not aligned", entry: 0x10_00e3, level: 2),
    Oddity("a leaf for users", entry: 0x5067, level: 1),
  ]

  @Test(arguments: 0..<oddities.count)
  func whatCannotBeRepresentedIsRefused(_ index: Int) {
    let oddity = Self.oddities[index]
    HostedMachine.run { machine in
      let tables = Self.boot(machine)
      oddity.put(machine, tables)
      func state() -> [UInt64] {
        tables.flatMap { table in
          (0..<512 as Range<UInt64>).map {
            machine.kernel.load(table.address + $0 * 8)
          } + [UInt64(machine.kernel.typeWord(of: table).rawValue)]
        }
      }
      let before = (state(), machine.freeFrames)
      switch Self.adopt(tables[0], machine) {
      case .success: Issue.record("\(oddity.testDescription) was adopted")
      case .failure(let error):
        #expect(
          error
            == MapError(
              .unsupportedEntry, at: oddity.address, level: oddity.level),
          "\(oddity.testDescription)")
      }
      #expect(state() == before.0 && machine.freeFrames == before.1)
      #expect(TableAccounts(of: machine.kernel).linked == 0)
    }
  }

  /// Bits that walkers ignore are kept by whatever happens to the leaf.
  @Test func ignoredBitsSurvive() throws {
    try HostedMachine.run { machine in
      let tables = Self.boot(machine)
      let ignored: UInt64 = 1 << 52 | 1 << 57 | 1 << 60
      let large = kernelAddress(mib2: 1)
      machine.kernel.store(
        Format.leafEntry(
          mapping: PhysicalAddress(mib2Size), level: 2,
          attributes: .kernelData) | ignored, to: tables[2].address + 8)
      let space = try Self.adopt(tables[0], machine).get()
      func bits(_ level: Int) throws -> UInt64 {
        try #require(space.find(at: large, level: level)).entry & ignored
      }
      var revoked = LeafAttributes.none
      _ = space.protect(
        range(large, mib2Size), clearing: .writable, revoked: &revoked)
      #expect(try bits(2) == ignored)
      #expect(space.split(at: large, level: 2) == nil)
      #expect(try bits(1) == ignored)
      var unlinked = UnlinkedTables<SpyKernel, KernelHalf>(on: machine.spy)
      let outcome = space.collapse(at: large, level: 2, into: &unlinked)
      space.scheme.retire(unlinked)
      #expect(outcome == nil)
      #expect(try bits(2) == ignored)
    }
  }

  /// The entries of the root's kernel half are in every root: a leaf among them
  /// would be unmapped in one alone.
  @Test func aLeafInTheRootsKernelHalfIsRefused() {
    HostedMachine.run { machine in
      typealias Format = RISCVSv39
      let root = machine.kernel.allocate(order: 0)
      machine.kernel.fill(root.address, count: 512, first: 0, step: 0)
      let leaf = Format.leafEntry(
        mapping: PhysicalAddress(gibSize), level: 3, attributes: .kernelData)
      // The user half's is nobody's copy.
      machine.kernel.store(leaf, to: root.address)
      machine.kernel.store(leaf, to: root.address + 258 * 8)
      let driver = SilentDriver(platform: machine.kernel)
      let found = HostedSpace<Format>.adopt(
        root, scheme: Reclaimer(sharing: Sharing(driver: driver))
      ) { _ in false }
      guard case .failure(let error) = found else {
        Issue.record("the leaf was adopted")
        return
      }
      #expect(
        error
          == MapError(
            .unsupportedEntry, at: Format.kernelHalf.start + 2 * gibSize,
            level: 3))
      #expect(TableAccounts(of: machine.kernel).linked == 0)
    }
  }

  /// AArch64: a contiguous group, an index of MAIR without a name, and what a
  /// table forbids.
  @Test(arguments: [1 << 52, 3 << 2, 1 << 59] as [UInt64])
  func whatAArch64CannotSayIsRefused(_ bits: UInt64) {
    HostedMachine.run { machine in
      typealias Format = AArch64FourKiB
      let root = machine.kernel.allocate(order: 0)
      machine.kernel.fill(root.address, count: 512, first: 0, step: 0)
      var table = root
      for level in [4, 3, 2] {
        let flags = level == 2 && bits == 1 << 59 ? bits | 0b11 : 0b11
        table = Self.link(machine, at: table.address, flags: flags)
      }
      let leaf = Format.leafEntry(
        mapping: PhysicalAddress(0x5000), level: 1, attributes: .kernelData)
      machine.kernel.store(
        bits == 1 << 59 ? leaf : leaf | bits, to: table.address)
      let driver = SilentDriver(platform: machine.kernel)
      let found = HostedSpace<Format>.adopt(
        root, scheme: Reclaimer(sharing: Sharing(driver: driver))
      ) { _ in false }
      guard case .failure(let error) = found else {
        Issue.record("the entry was adopted")
        return
      }
      #expect(
        error
          == MapError(
            .unsupportedEntry, at: Format.kernelHalf.start,
            level: bits == 1 << 59 ? 2 : 1))
    }
  }

  /// Without frames nothing has changed, and it can be tried again.
  @Test func withoutFramesNothingChanges() throws {
    try HostedMachine.run { machine in
      let tables = Self.boot(machine)
      let free = machine.freeFrames
      machine.allocationsLeft = 3
      guard case .failure(let error) = Self.adopt(tables[0], machine) else {
        Issue.record("adopted without frames")
        return
      }
      #expect(error.kind == .outOfFrames)
      #expect(machine.freeFrames == free)
      machine.allocationsLeft = .max
      let space = try Self.adopt(tables[0], machine).get()
      #expect(space.leaf(at: kernelAddress())?.level == 1)
      #expect(TableAccounts(of: machine.kernel).linked == 1 + 256 + 2)
      #expect(machine.accountsMismatch() == nil)
    }
  }
}
