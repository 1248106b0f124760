// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// Break-before-make does not reach devices, so it is refused while one is
/// bound: AArch64.
@Suite struct BreakTests {
  private typealias Scheme = Reclaimer<TwoDevices>
  private typealias Kernel = KernelTree<AArch64FourKiB, Scheme>
  private typealias User = UserTree<AArch64FourKiB, Scheme>

  /// A driver of the kernel's own, for whatever format.
  private struct TwoDevices: UnmanagedIOMMUs {
    typealias Format = AArch64FourKiB
    let platform: SpyKernel
    var kernelHalf: VirtualRange { AArch64FourKiB.kernelHalf }
  }

  private enum Change: CaseIterable {
    case split, collapse, remap

    /// The level of the leaf that is there before.
    var level: Int { self == .split ? 2 : 1 }
  }

  private let device = Device(iommu: 0, requester: 8)
  private let target = PhysicalAddress(0x80_0000)

  private func withSpaces(
    _ body: (HostedMachine, Kernel, User) throws -> Void
  ) throws {
    try HostedMachine.run(frames: 2048) { machine in
      let scheme = Scheme(
        sharing: Sharing(driver: TwoDevices(platform: machine.spy)))
      let kernel = try #require(Kernel.make(scheme: scheme))
      let user = try #require(User.make(copying: kernel))
      try body(machine, kernel, user)
    }
  }

  private func perform<Half: AddressHalf>(
    _ change: Change,
    in space: AddressSpace<Tables<AArch64FourKiB, Half>, Scheme>,
    _ unlinked: inout UnlinkedTables<SpyKernel, Half>
  ) -> MapError? {
    let start = AddressSpace<Tables<AArch64FourKiB, Half>, Scheme>.addresses
      .start
    switch change {
    case .split: return space.split(at: start, level: 2, breaks: true)
    case .collapse:
      return space.collapse(
        at: start, level: 2, breaks: true, into: &unlinked)
    case .remap:
      var old: MappedLeaf?
      return space.remap(
        start, to: target, attributes: space.leafAttributes, breaks: true,
        replaced: &old)
    }
  }

  /// Refuses the change of a half while `root` is bound, and carries it out once
  /// it is not.
  private func check<Half: AddressHalf>(
    _ change: Change,
    in space: AddressSpace<Tables<AArch64FourKiB, Half>, Scheme>,
    bound root: FrameNumber,
    _ map: (VirtualRange, LeafAttributes, Int) -> MapError?
  ) {
    let half = AddressSpace<Tables<AArch64FourKiB, Half>, Scheme>.addresses
    let stretch = range(half.start, mib2Size)
    #expect(map(stretch, space.leafAttributes, change.level) == nil)
    var unlinked = UnlinkedTables<SpyKernel, Half>(on: space.platform)
    let scheme = space.scheme
    #expect(scheme.bind(root, to: device, as: PASID(1)) == .bound)
    let before = space.leaf(at: half.start)
    let refused = perform(change, in: space, &unlinked)
    let level = change == .remap ? 1 : 2
    #expect(refused == MapError(.bound, at: half.start, level: level))
    #expect(space.leaf(at: half.start) == before)
    #expect(scheme.unbind(root, from: device, as: PASID(1)) == .left)
    #expect(perform(change, in: space, &unlinked) == nil)
    #expect(space.leaf(at: half.start) != before)
    unlinked.forget()
  }

  @Test(arguments: Change.allCases)
  private func theKernelHalfIsEveryDevices(change: Change) throws {
    try withSpaces { _, kernel, user in
      check(change, in: kernel, bound: user.root) {
        kernel.map(
          $0, to: PhysicalAddress(0), attributes: $1, maxLeafLevel: $2)
      }
    }
  }

  @Test(arguments: Change.allCases)
  private func aUserHalfIsItsOwnDevices(change: Change) throws {
    try withSpaces { machine, kernel, user in
      let other = try #require(User.make(copying: kernel))
      #expect(
        kernel.scheme.bind(other.root, to: device, as: PASID(7)) == .bound)
      check(change, in: user, bound: user.root) {
        var none = UnlinkedTables<SpyKernel, UserHalf>(on: machine.spy)
        defer { none.forget() }
        return user.map(
          $0, to: PhysicalAddress(0), attributes: $1, maxLeafLevel: $2,
          into: &none)
      }
    }
  }

  /// An empty table does not make way for a leaf.
  @Test func noTableMakesWayWhileADeviceIsBound() throws {
    try HostedMachine.run(frames: 2048) { machine in
      let scheme = Scheme(
        sharing: Sharing(driver: TwoDevices(platform: machine.spy)))
      let kernel = try #require(
        Kernel.make(scheme: scheme, emptyTables: .keep))
      let user = try #require(User.make(copying: kernel))
      let stretch = range(Kernel.addresses.start, mib2Size)
      let page = range(stretch.start, pageSize)
      func map(_ range: VirtualRange) -> MapError? {
        kernel.map(range, to: PhysicalAddress(0), attributes: .kernelData)
      }
      #expect(map(page) == nil)
      #expect(kernel.unmap(page) == nil)
      #expect(scheme.bind(user.root, to: device, as: PASID(1)) == .bound)
      #expect(map(stretch) == MapError(.bound, at: stretch.start, level: 2))
      #expect(kernel.entryKind(at: stretch.start, level: 2) == .table)
      #expect(scheme.unbind(user.root, from: device, as: PASID(1)) == .left)
      #expect(map(stretch) == nil)
      #expect(kernel.entryKind(at: stretch.start, level: 2) == .leaf)
    }
  }

  /// A device that is bound in the middle would find the old entry, and the new
  /// one while it has not forgotten it.
  @Test(arguments: Change.allCases)
  private func nobodyIsBoundBetweenTheBreakAndTheMake(change: Change) throws {
    try withSpaces { machine, kernel, _ in
      let stretch = range(Kernel.addresses.start, mib2Size)
      #expect(
        kernel.map(
          stretch, to: PhysicalAddress(0), attributes: .kernelData,
          maxLeafLevel: change.level) == nil)
      var isLocked = false
      var breaks = 0
      var unlockedFlushes = 0
      machine.hook = { access in
        switch access {
        case .lock: isLocked = true
        case .unlock: isLocked = false
        case .flush:
          breaks += 1
          if !isLocked { unlockedFlushes += 1 }
        default: break
        }
      }
      var unlinked = UnlinkedTables<SpyKernel, KernelHalf>(on: machine.spy)
      #expect(perform(change, in: kernel, &unlinked) == nil)
      machine.hook = nil
      unlinked.forget()
      // The last one of a collapse is the retired table's.
      #expect(breaks - unlockedFlushes == (change == .split ? 2 : 1))
    }
  }

  /// Where a live entry may be replaced, devices need not forget.
  @Test func withoutTheDemandNothingIsRefused() throws {
    try withSpaces { machine, kernel, user in
      machine.paging = PagingFeatures(replacesLiveEntries: true)
      let stretch = range(Kernel.addresses.start, mib2Size)
      #expect(
        kernel.map(stretch, to: PhysicalAddress(0), attributes: .kernelData)
          == nil)
      #expect(
        kernel.scheme.bind(user.root, to: device, as: PASID(1)) == .bound)
      #expect(kernel.split(at: stretch.start, level: 2) == nil)
      var unlinked = UnlinkedTables<SpyKernel, KernelHalf>(on: machine.spy)
      #expect(
        kernel.collapse(at: stretch.start, level: 2, into: &unlinked) == nil)
      kernel.scheme.retire(unlinked)
    }
  }
}

extension AddressSpace {
  /// Data of the half.
  fileprivate var leafAttributes: LeafAttributes {
    Half.isKernel ? .kernelData : .userData
  }
}
