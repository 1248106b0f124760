// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// Parked tables are asked for again by themselves, later each time.
@Suite struct RetryTests {
  private static let first: UInt64 = 10_000_000

  /// A space that a device shares, and a table of it that is parked; `body`
  /// gets what unmaps another page.
  private func withParkedTable(
    _ body: (HostedMachine, HostedMachine.SpyScheme, () -> Void) throws -> Void
  ) throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let user = try #require(HostedMachine.SpyUserSpace.make(copying: space))
      user.share(
        Binding(pasid: PASID(1), iommus: IOMMUSet(first: 1), devices: 1))
      let page = range(kernelAddress(), pageSize)
      func unmapAPage() {
        _ = space.map(page, to: PhysicalAddress(0), attributes: .kernelData)
        _ = space.unmap(page)
      }
      machine.failing = IOMMUSet(first: 1)
      unmapAPage()
      machine.isRecording = true
      machine.runWorker(space.scheme)
      #expect(TableAccounts(of: machine.kernel).parked == 2)
      try body(machine, space.scheme, unmapAPage)
      #expect(machine.accountsMismatch() == nil)
    }
  }

  @Test func theDelayDoublesUpToAThousandfold() throws {
    try withParkedTable { machine, scheme, _ in
      for _ in 0..<13 {
        #expect(machine.takeWakeUp())
        scheme.reclaim()
      }
      let doublings = (0...13).map { min($0, 10) }
      #expect(machine.delays == doublings.map { Self.first << UInt64($0) })
      machine.failing = .none
      #expect(machine.takeWakeUp())
      scheme.reclaim()
      #expect(TableAccounts(of: machine.kernel).parked == 0)
      #expect(!machine.takeWakeUp())
    }
  }

  @Test func anAnswerBeginsAnew() throws {
    try withParkedTable { machine, scheme, unmapAPage in
      scheme.reclaim()
      machine.failing = .none
      scheme.reclaim()
      machine.failing = IOMMUSet(first: 1)
      unmapAPage()
      machine.delays = []
      scheme.reclaim()
      #expect(machine.delays == [Self.first])
      machine.failing = .none
      scheme.reclaim()
    }
  }

  /// New tables do not wait for the retry of those before them.
  @Test func aRetryPutsOffNobodyElse() throws {
    try withParkedTable { machine, scheme, unmapAPage in
      unmapAPage()
      #expect(machine.delays == [Self.first, 0])
      machine.failing = .none
      machine.runWorker(scheme)
      #expect(TableAccounts(of: machine.kernel).parked == 0)
      #expect(TableAccounts(of: machine.kernel).quarantined == 0)
    }
  }

  @Test func anExpulsionSchedulesTheWorkerAtOnce() throws {
    try withParkedTable { machine, scheme, _ in
      machine.delays = []
      let device = Device(iommu: 0, requester: 8)
      #expect(scheme.makeLeave(device) == .left)
      #expect(machine.delays == [0])
      machine.runWorker(scheme)
      #expect(TableAccounts(of: machine.kernel).parked == 0)
      // With nothing parked there is nothing to schedule.
      _ = scheme.makeLeave(device)
      #expect(machine.delays == [0])
    }
  }

  /// Tables of a user half, too, whose owner learned that none answered.
  @Test func userTablesAreAskedForAgain() throws {
    try withParkedTable { machine, scheme, _ in
      let kernel = try #require(HostedMachine.SpySpace.make(scheme: scheme))
      let user = try #require(HostedMachine.SpyUserSpace.make(copying: kernel))
      user.share(
        Binding(pasid: PASID(2), iommus: IOMMUSet(first: 1), devices: 1))
      var none = UnlinkedTables<SpyKernel, UserHalf>(on: machine.spy)
      let page = range(VirtualAddress(0), pageSize)
      #expect(
        user.map(
          page, to: PhysicalAddress(0), attributes: .userData, into: &none)
          == nil)
      none.forget()
      var stale = StaleRange(on: machine.spy)
      #expect(user.unmap(page, into: &stale) == nil)
      machine.delays = []
      #expect(!stale.invalidated(by: scheme).isEmpty)
      #expect(machine.delays == [2 * Self.first])
      machine.failing = .none
      #expect(stale.invalidated(by: scheme).isEmpty)
      scheme.reclaim()
      #expect(TableAccounts(of: machine.kernel).parked == 0)
    }
  }
}
