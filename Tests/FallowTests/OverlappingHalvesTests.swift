// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// Kernels whose roots share nothing: a root of either half translates every
/// address, so an address does not say which half it is in.
@Suite struct OverlappingHalvesTests {
  private enum OwnRoots: X86Paging {
    typealias Walked = X86FourLevel

    static var levels: Int { X86FourLevel.levels }
    static var kernelHalfIndex: Int { entriesPerTable }
    static var kernelHalf: VirtualRange { everyAddress }
    static var userHalf: VirtualRange { everyAddress }

    private static var everyAddress: VirtualRange {
      VirtualRange(
        start: X86FourLevel.kernelHalf.start,
        size: X86FourLevel.kernelHalf.size &+ X86FourLevel.userHalf.size)
    }
  }

  private typealias Kernel = KernelSpace<OwnRoots, HostedMachine.SpyScheme>
  private typealias User = UserSpace<OwnRoots, HostedMachine.SpyScheme>

  /// What points to the same table, of the one half or the other.
  private func link(like entry: UInt64, isKernel: Bool) -> UInt64 {
    OwnRoots.tableEntry(
      pointingTo: OwnRoots.address(in: entry, level: 2), isKernel: isKernel)
  }

  /// One page, and more than a table of them; beside a page that keeps the table
  /// above.
  @Test(
    arguments: [VirtualAddress(0), X86FourLevel.kernelHalf.start], [1, 600])
  func eitherHalfMapsAndUnmapsEveryAddress(
    _ start: VirtualAddress, _ pages: UInt64
  ) throws {
    try HostedMachine.run { machine in
      let kernel = try Kernel(machine.scheme)
      let free = machine.freeFrames
      let area = range(start, pages * pageSize)
      let neighbour = range(start + 4 * mib2Size, pageSize)
      for _ in 0..<2 {
        var process: User? = try User(sharing: kernel)
        try kernel.map(area, to: PhysicalAddress(0), attributes: .writable)
        try process!.map(area, to: PhysicalAddress(0), attributes: .userData)
        if kernel.translate(neighbour.start) == nil {
          try kernel.map(
            neighbour, to: PhysicalAddress(0), attributes: .writable)
        }
        #expect(kernel.translate(start) != nil)
        let handle = process?.handle
        for (entry, isKernel) in [
          (kernel.tables.find(start, level: OwnRoots.levels).entry, true),
          (handle!.tables.find(start, level: OwnRoots.levels).entry, false),
        ] {
          #expect(entry == link(like: entry, isKernel: isKernel))
        }
        try kernel.unmap(area)
        #expect(kernel.translate(start) == nil)
        let isMapped = process!.translate(start) != nil
        #expect(isMapped)
        var stale = try process!.unmap(area)
        try stale.invalidate(by: kernel.scheme)
        try User.end(&process)
        machine.runWorker(kernel.scheme)
      }
      try kernel.unmap(neighbour)
      machine.runWorker(kernel.scheme)
      #expect(machine.freeFrames == free)
      #expect(machine.accountsMismatch() == nil)
    }
  }
}
