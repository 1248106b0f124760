// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// The typed face refuses bad arguments by name too, whatever is handed in: the
/// core's checks are ``InvalidArgumentTests``' subject, the allocator's
/// ``FrameMisuseTests``', the drivers' own numbers ``VTdStartTests``' and
/// ``RISCVStartTests``'.
@Suite struct EntryPointTests {
  private typealias Scheme = HostedMachine.SpyScheme
  private typealias Kernel = KernelSpace<X86FourLevel, Scheme>
  private typealias User = UserSpace<X86FourLevel, Scheme>

  /// Why a call is refused; nil if it is not.
  private func kind(_ body: () throws(MapError) -> Void) -> MapError.Kind? {
    do throws(MapError) { try body() } catch { return error.kind }
    return nil
  }

  private struct Leaves: LeafVisitor {
    var count = 0
    mutating func visit(
      _ entry: UInt64, level: Int, at address: VirtualAddress
    ) { count += 1 }
  }

  private func badRanges(_ half: VirtualRange) -> [VirtualRange] {
    [
      range(half.start + 1, pageSize), range(half.start, pageSize + 1),
      range(half.start, .max), range(half.start, half.size + pageSize),
      range(VirtualAddress(1 << 62), pageSize),
      range(half.last.alignedDown(to: pageSize), 2 * pageSize),
    ]
  }

  /// What both halves have.
  private func checkCommon(
    _ space:
      borrowing some AddressSpaceOperations<X86FourLevel, Scheme>
      & ~Copyable,
    _ half: VirtualRange
  ) {
    let target = PhysicalAddress(0)
    for bad in badRanges(half) {
      var leaves = Leaves()
      var old: MappedLeaf?
      let results = [
        kind { () throws(MapError) in
          try space.walk(bad, visiting: &leaves)
        },
        kind { () throws(MapError) in _ = try space.firstLeaf(in: bad) },
        kind { () throws(MapError) in _ = try space.firstHole(in: bad) },
        kind { () throws(MapError) in _ = try space.leaves(in: bad) },
        kind { () throws(MapError) in
          let frames = try space.reserve(for: bad, to: target)
          frames.giveBack()
        },
        kind { () throws(MapError) in
          var stale = try space.protect(bad, clearing: .writable)
          stale.forget()
        },
        kind { () throws(MapError) in
          var stale = try space.harvest(bad, visiting: &leaves)
          stale.forget()
        },
      ]
      #expect(
        results.allSatisfy { $0 == .invalidAddress }, "\(bad): \(results)")
      #expect(leaves.count == 0)
      if bad.size == pageSize {
        let remapped = kind { () throws(MapError) in
          var stale = try space.remap(
            bad.start, to: target, attributes: .none, replaced: &old)
          stale.forget()
        }
        #expect(remapped == .invalidAddress)
      }
    }
    for level in [Int.min, -1, 0, 1, 5, 64, Int.max] {
      let split = kind { () throws(MapError) in
        try space.split(at: half.start, level: level)
      }
      #expect(split == .invalidLevel, "level \(level)")
      #expect(space.entryKind(at: half.start, level: level) == .empty)
    }
  }

  @Test func theKernelsFaceNamesWhatIsWrong() throws {
    try HostedMachine.run { machine in
      let kernel = try Kernel(machine.scheme)
      let half = Kernel.addresses
      checkCommon(kernel, half)
      var reserved = try kernel.reserve(
        for: range(half.start, pageSize), to: PhysicalAddress(0))
      for bad in badRanges(half) {
        let to = PhysicalAddress(0)
        var unlinked = UnlinkedTables<SpyKernel, KernelHalf>(on: machine.spy)
        var stale = StaleRange(on: machine.spy)
        var leaves = Leaves()
        let results = [
          kind { () throws(MapError) in
            try kernel.map(bad, to: to, attributes: .kernelData)
          },
          kind { () throws(MapError) in
            try kernel.mapCollapsing(bad, to: to, attributes: .kernelData)
          },
          kind { () throws(MapError) in
            try kernel.map(
              bad, to: to, attributes: .kernelData, from: &reserved)
          },
          kind { () throws(MapError) in try kernel.unmap(bad) },
          kind { () throws(MapError) in
            try kernel.unmap(bad, visiting: &leaves)
          },
          kind { () throws(MapError) in
            try kernel.unmap(bad, into: &unlinked)
          },
          kind { () throws(MapError) in
            try kernel.unmap(bad, into: &stale)
          },
        ]
        #expect(
          results.allSatisfy { $0 == .invalidAddress }, "\(bad): \(results)")
        #expect(unlinked.isEmpty && stale.isEmpty)
        unlinked.forget()
      }
      reserved.giveBack()
      for level in [Int.min, -1, 0, 1, 5, 64, Int.max] {
        let results = [
          kind { () throws(MapError) in
            try kernel.collapse(at: half.start, level: level)
          },
          kind { () throws(MapError) in
            try kernel.detach(at: half.start, level: level)
          },
        ]
        #expect(results.allSatisfy { $0 == .invalidLevel }, "level \(level)")
      }
      #expect(machine.accountsMismatch() == nil)
    }
  }

  @Test func aProcesssFaceNamesWhatIsWrong() throws {
    try HostedMachine.run { machine in
      let kernel = try Kernel(machine.scheme)
      var process: User? = try User(sharing: kernel)
      let made = process?.handle
      let handle = try #require(made)
      checkCommon(handle, User.addresses)
      for bad in badRanges(User.addresses) {
        let results = [
          kind { () throws(MapError) in
            try handle.map(bad, to: PhysicalAddress(0), attributes: .userData)
          },
          kind { () throws(MapError) in
            var stale = try handle.unmap(bad)
            stale.forget()
          },
        ]
        #expect(
          results.allSatisfy { $0 == .invalidAddress }, "\(bad): \(results)")
      }
      try User.end(&process)
    }
  }

  @Test(
    arguments: [
      (-1, PASID(1), BindOutcome.unknownDevice),
      (32, PASID(1), .unknownDevice), (.max, PASID(1), .unknownDevice),
      (0, PASID(1 << 20), .pasidTooWide), (0, PASID(1 << 30), .pasidTooWide),
      (0, PASID(.max), .pasidTooWide),
    ] as [(Int, PASID, BindOutcome)])
  func aBindNamesWhatIsWrong(
    iommu: Int, pasid: PASID, outcome: BindOutcome
  ) throws {
    try HostedMachine.run { machine in
      let kernel = try Kernel(machine.scheme)
      let device = Device(iommu: iommu, requester: 8)
      let scheme = kernel.scheme
      #expect(throws: BindError(outcome, device, pasid)) {
        let binding = try scheme.bind(device, to: kernel, as: pasid)
        binding.consumed()
      }
      #expect(scheme.sharing.isUnused())
      #expect(
        scheme.unbind(kernel.root, from: device, as: pasid) == .notBound)
      if iommu != 0 { #expect(scheme.makeLeave(device) == .notBound) }
    }
  }

  @Test func aSpaceHasOnePASID() throws {
    try HostedMachine.run { machine in
      let kernel = try Kernel(machine.scheme)
      let scheme = kernel.scheme
      let device = Device(iommu: 0, requester: 8)
      var binding: DeviceBinding? = try scheme.bind(
        device, to: kernel, as: PASID(1))
      #expect(throws: BindError(.otherPASID, device, PASID(2))) {
        let second = try scheme.bind(device, to: kernel, as: PASID(2))
        second.consumed()
      }
      try scheme.unbind(&binding)
      // Nothing is left to unbind.
      try scheme.unbind(&binding)
    }
  }

  /// Frames that are no root, or the other half's.
  @Test func aRootThatIsNoneFaults() async {
    await #expect(processExitsWith: .failure) {
      try HostedMachine.run { machine in
        _ = try Kernel(machine.scheme)
        _ = Kernel(of: .none, machine.scheme)
      }
    }
    await #expect(processExitsWith: .failure) {
      HostedMachine.run { machine in
        _ = Kernel(of: FrameNumber(1 << 40), machine.scheme)
      }
    }
    await #expect(processExitsWith: .failure) {
      HostedMachine.run { machine in
        _ = UserSpaceHandle<X86FourLevel, Scheme>(
          of: machine.kernel.allocate(order: 0), machine.scheme)
      }
    }
    await #expect(processExitsWith: .failure) {
      try HostedMachine.run { machine in
        let kernel = try Kernel(machine.scheme)
        _ = UserSpaceHandle<X86FourLevel, Scheme>(
          of: kernel.root, machine.scheme)
      }
    }
    await #expect(processExitsWith: .failure) {
      try HostedMachine.run { machine in
        let kernel = try Kernel(machine.scheme)
        _ = KernelSpace<X86FiveLevel, Scheme>(of: kernel.root, machine.scheme)
      }
    }
  }

  @Test(arguments: [FrameNumber.none, FrameNumber(1 << 40), FrameNumber(0)])
  func aRootWithoutADescriptorIsNotAdopted(root: FrameNumber) {
    HostedMachine.run { machine in
      let free = machine.freeFrames
      let refused = kind { () throws(MapError) in
        _ = try Kernel(adopting: root, machine.scheme) { _ in false }
      }
      #expect(refused == .unsupportedEntry)
      #expect(machine.freeFrames == free)
    }
  }

  @Test func anIOMMUThatCannotBeIsNoMember() async {
    for number in [-1, 32, 40, Int.max] {
      #expect(!IOMMUSet.all.contains(number))
    }
    await #expect(processExitsWith: .failure) {
      var set = IOMMUSet.none
      set.insert(40)
    }
    await #expect(processExitsWith: .failure) {
      var set = IOMMUSet.all
      set.remove(32)
    }
    await #expect(processExitsWith: .failure) { _ = IOMMUSet(first: 33) }
  }
}
