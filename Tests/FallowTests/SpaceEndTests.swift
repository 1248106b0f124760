// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// Spaces end when nothing uses them, and not before.
@Suite struct SpaceEndTests {
  private typealias Scheme = HostedMachine.SpyScheme
  private typealias Kernel = KernelSpace<X86FourLevel, Scheme>
  private typealias User = UserSpace<X86FourLevel, Scheme>

  private let page = range(VirtualAddress(0x1000), pageSize)
  private let device = Device(iommu: 0, requester: 8)

  private func refusal(_ body: () throws(EndError) -> Void) -> EndError? {
    do throws(EndError) { try body() } catch { return error }
    return nil
  }

  @Test func aHundredProcessesTakeNoFrame() throws {
    try HostedMachine.run { machine in
      let kernel = try Kernel(machine.scheme)
      let free = machine.freeFrames
      for _ in 0..<100 {
        var process: User? = try User(sharing: kernel)
        try process!.map(page, to: PhysicalAddress(0), attributes: .userData)
        var stale = try process!.unmap(page)
        try stale.invalidate(by: kernel.scheme)
        try User.end(&process)
        #expect(machine.freeFrames == free)
      }
      #expect(machine.accountsMismatch() == nil)
    }
  }

  @Test func aUserSpaceInUseDoesNotEnd() throws {
    try HostedMachine.run { machine in
      let kernel = try Kernel(machine.scheme)
      let scheme = kernel.scheme
      var process: User? = try User(sharing: kernel)
      try process!.map(page, to: PhysicalAddress(0), attributes: .userData)
      let made = process?.root
      let root = try #require(made)
      var binding: DeviceBinding? = try scheme.bind(
        device, toSpaceFrom: root, as: PASID(1))
      let before = TableAccounts(of: machine.kernel)
      #expect(
        refusal { () throws(EndError) in try User.end(&process) }
          == EndError(.mapped, at: page.start))
      let isMapped = process!.translate(page.start) != nil
      #expect(isMapped)
      var stale = try process!.unmap(page)
      try stale.invalidate(by: scheme)
      #expect(
        refusal { () throws(EndError) in try User.end(&process) }
          == EndError(.bound))
      // Its IOMMU does not answer: the space stays bound.
      machine.failing = IOMMUSet(of: 0)
      #expect(throws: UnansweredError(iommus: IOMMUSet(of: 0))) {
        try scheme.unbind(&binding)
      }
      #expect(
        refusal { () throws(EndError) in try User.end(&process) }
          == EndError(.bound))
      machine.failing = .none
      #expect(TableAccounts(of: machine.kernel).linked < before.linked)
      try scheme.unbind(&binding)
      try User.end(&process)
      let isGone = process == nil && binding == nil
      #expect(isGone)
      #expect(machine.accountsMismatch() == nil)
    }
  }

  @Test func aKernelSpaceInUseDoesNotEnd() throws {
    try HostedMachine.run { machine in
      let free = machine.freeFrames
      let kernel = try Kernel(machine.scheme)
      let scheme = kernel.scheme
      let buffer = range(kernelAddress(), pageSize)
      func refusal() -> EndError? {
        self.refusal { () throws(EndError) in try kernel.end() }
      }
      var process: User? = try User(sharing: kernel)
      #expect(refusal() == EndError(.shared))
      try User.end(&process)
      try kernel.map(buffer, to: PhysicalAddress(0), attributes: .kernelData)
      #expect(refusal() == EndError(.mapped, at: buffer.start))
      try kernel.unmap(buffer)
      var binding: DeviceBinding? = try scheme.bind(
        device, to: kernel, as: PASID(1))
      #expect(refusal() == EndError(.bound))
      try scheme.unbind(&binding)
      #expect(refusal() == nil)
      #expect(machine.freeFrames == free)
      #expect(machine.accountsMismatch() == nil)
    }
  }

  /// An unbind under another number, of another device, or from another space
  /// withdraws nothing.
  @Test func anUnbindOfWhatIsNotBoundChangesNothing() throws {
    try HostedMachine.run { machine in
      let kernel = try Kernel(machine.scheme)
      let scheme = kernel.scheme
      var process: User? = try User(sharing: kernel)
      var other: User? = try User(sharing: kernel)
      let roots = (process?.root, other?.root)
      let root = try #require(roots.0)
      let otherRoot = try #require(roots.1)
      var binding: DeviceBinding? = try scheme.bind(
        device, toSpaceFrom: root, as: PASID(1))
      for (root, device, pasid) in [
        (root, device, PASID(7)), (otherRoot, device, PASID(1)),
        (root, Device(iommu: 1, requester: 8), PASID(1)),
        (root, Device(iommu: 0, requester: 9), PASID(1)),
        (root, device, .without(tag: 1)),
      ] {
        #expect(scheme.unbind(root, from: device, as: pasid) == .notBound)
        #expect(!scheme.sharing.isUnused())
      }
      try scheme.unbind(&binding)
      #expect(scheme.sharing.isUnused())
      try User.end(&process)
      try User.end(&other)
    }
  }
}
