import Testing

@testable import Fallow

/// Tables that were there before the library.
@Suite struct AdoptionTests {
  private typealias Format = X86FourLevel

  /// Makes a table behind `slot` the way boot code does: with entries that are
  /// not the library's.
  private func link(
    _ machine: HostedMachine, at slot: PhysicalAddress
  ) -> FrameNumber {
    let frame = machine.kernel.allocate(order: 0)
    machine.kernel.fill(frame.address, count: 512, first: 0, step: 0)
    machine.kernel.store(frame.address.rawValue | 0b11, to: slot)
    return frame
  }

  /// A boot tree with one page at the start of the kernel half, and a table
  /// that hangs from both halves of the root.
  private func boot(_ machine: HostedMachine) -> [FrameNumber] {
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
      to: Format.slot(
        for: kernelAddress(), in: tables[tables.count - 1], level: 1))
    let shared = link(machine, at: root.address + 511 * 8)
    machine.kernel.store(shared.address.rawValue | 0b11, to: root.address)
    return tables + [shared]
  }

  @Test func everyReachableTableIsMarked() throws {
    try HostedMachine.run { machine in
      let tables = boot(machine)
      let space = try #require(
        HostedMachine.SpySpace.adopt(tables[0], scheme: machine.scheme) {
          $0 == tables[3]
        })
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
      let tables = boot(machine)
      let space = try #require(
        HostedMachine.SpySpace.adopt(tables[0], scheme: machine.scheme) {
          $0 == tables[3]
        })
      let free = machine.freeFrames
      #expect(space.unmap(range(kernelAddress(), pageSize)) == .unmapped)
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

  @Test func aTableThatHangsFromTwoEntriesStays() throws {
    try HostedMachine.run { machine in
      let tables = boot(machine)
      let space = try #require(
        HostedMachine.SpySpace.adopt(tables[0], scheme: machine.scheme) { _ in
          false
        })
      let page = range(VirtualAddress(0xffff_ff80_0000_0000), pageSize)
      _ = space.map(page, to: PhysicalAddress(0), attributes: .kernelData)
      _ = space.unmap(page)
      machine.runWorker(space.scheme)
      #expect(machine.kernel.typeWord(of: tables[4]).state == .linked)
    }
  }
}
