// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// IOMMUs that the kernel manages itself.
@Suite struct UnmanagedIOMMUTests {
  private typealias Scheme = Reclaimer<SilentDriver>
  private typealias Kernel = KernelTree<X86FourLevel, Scheme>
  private typealias User = UserTree<X86FourLevel, Scheme>

  private let page = range(kernelAddress(), pageSize)

  private func scheme(
    _ machine: HostedMachine, limit: UInt64 = .max
  ) -> Scheme {
    Scheme(
      sharing: Sharing(driver: SilentDriver(platform: machine.kernel)),
      window: 1, limit: limit)
  }

  /// Tables wait until the last device of the last space has left.
  @Test func aDeviceThatLeavesKeepsTheOthersMembers() throws {
    try HostedMachine.run { machine in
      let scheme = scheme(machine)
      let space = try #require(Kernel.make(scheme: scheme))
      let users = (0..<2).compactMap { _ in User.make(copying: space) }
      let members = [
        (users[0].root, Device(iommu: 0, requester: 1), PASID(1)),
        (users[0].root, Device(iommu: 0, requester: 2), PASID(1)),
        (users[1].root, Device(iommu: 0, requester: 1), PASID(2)),
      ]
      for (root, device, pasid) in members {
        #expect(scheme.bind(root, to: device, as: pasid) == .bound)
      }
      for (index, (root, device, pasid)) in members.enumerated() {
        #expect(!scheme.sharing.isUnused())
        _ = space.map(page, to: PhysicalAddress(0), attributes: .kernelData)
        _ = space.unmap(page)
        #expect(TableAccounts(of: machine.kernel).quarantined == 2)
        scheme.reclaim()
        #expect(TableAccounts(of: machine.kernel).quarantined == 0)
        #expect(scheme.unbind(root, from: device, as: pasid) == .left)
        let left = members[(index + 1)...]
        for user in users {
          let devices = Binding(
            rawValue: machine.kernel.load(.binding, of: user.root)
          ).devices
          #expect(devices == left.count { $0.0 == user.root })
        }
      }
      #expect(scheme.sharing.isUnused())
    }
  }

  /// A limit of zero is one that every operation has reached.
  @Test func aLimitOfZeroIsHeld() throws {
    try HostedMachine.run { machine in
      let scheme = scheme(machine, limit: 0)
      let space = try #require(Kernel.make(scheme: scheme))
      let user = try #require(User.make(copying: space))
      #expect(
        scheme.bind(
          user.root, to: Device(iommu: 0, requester: 1), as: PASID(1))
          == .bound)
      for _ in 0..<100 {
        #expect(
          space.map(page, to: PhysicalAddress(0), attributes: .kernelData)
            == nil)
        #expect(TableAccounts(of: machine.kernel).quarantined == 0)
        #expect(space.unmap(page) == nil)
        #expect(TableAccounts(of: machine.kernel).quarantined <= 2)
      }
    }
  }
}
