// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// The limit of quarantined tables, whatever the operations, while the worker
/// never runs by itself.
@Suite struct SharingLimitTests {
  private static let limit: UInt64 = 8

  /// More tables than the limit are quarantined only by what was retired since
  /// the last operation that took frames for tables, or by which a device
  /// joined or left.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func everyOperationThatMayDrainDoes(seed: UInt64) throws {
    try HostedMachine.run(frames: 4096) { machine in
      var mix = try Mix(on: machine, seed: seed)
      var drains: [Mix.Operation: Int] = [:]
      var retiredSince: UInt64 = 0
      for step in 0..<1_000 {
        let before = TableAccounts(of: machine.kernel)
        let operation = mix.perform()
        let after = TableAccounts(of: machine.kernel)
        if operation.isMembership || after.total > before.total {
          retiredSince = 0
          if before.quarantined >= Self.limit {
            drains[operation, default: 0] += 1
          }
        }
        retiredSince += gone(after) - gone(before)
        #expect(
          after.quarantined < Self.limit + retiredSince,
          "seed \(seed), step \(step), \(operation)")
      }
      // Each of them found the limit reached.
      for operation in Mix.Operation.allCases where operation != .unmap {
        #expect(drains[operation, default: 0] > 0, "seed \(seed), \(operation)")
      }
      #expect(machine.accountsMismatch() == nil)
    }
  }

  /// Tables that were retired, whatever became of them.
  private func gone(_ accounts: TableAccounts) -> UInt64 {
    accounts.quarantined + accounts.parked + accounts.released
  }
}

/// Operations that chance picks.
private struct Mix {
  enum Operation: CaseIterable {
    case map, unmap, split, mapUser, makeUser, bind, unbind

    /// Whether a device joins or leaves.
    var isMembership: Bool { self == .bind || self == .unbind }
  }

  private let machine: HostedMachine
  private let space: HostedMachine.SpySpace
  private let users: [HostedMachine.SpyUserSpace]
  private var isBound: [Bool]
  private var chances: SeededGenerator
  /// Pages that are mapped, each with tables of its own.
  private var pages: [VirtualRange] = []
  /// Large leaves that are mapped, all by entries of one table.
  private var leaves: [VirtualRange] = []
  private var nextGiB = 0
  private var nextUserPage: UInt64 = 0

  init(on machine: HostedMachine, seed: UInt64) throws {
    self.machine = machine
    chances = SeededGenerator(seed: seed)
    let scheme = HostedMachine.SpyScheme(
      sharing: machine.scheme.sharing, window: 1_000_000_000, limit: 8)
    guard let space = HostedMachine.SpySpace.make(scheme: scheme)
    else { throw OutOfFrames() }
    self.space = space
    users = (0..<3).compactMap { _ in
      HostedMachine.SpyUserSpace.make(copying: space)
    }
    guard users.count == 3 else { throw OutOfFrames() }
    users[0].share(
      Binding(pasid: PASID(1), iommus: IOMMUSet(first: 1), devices: 1))
    isBound = [true, false, false]
    for index in 0..<256 {
      let leaf = range(kernelAddress(gib: 8_000, mib2: index), mib2Size)
      _ = space.map(leaf, to: PhysicalAddress(0), attributes: .kernelData)
      leaves.append(leaf)
    }
  }

  /// Performs an operation and says which.
  mutating func perform() -> Operation {
    switch chances.below(32) {
    case 0 where !leaves.isEmpty:
      let leaf = leaves.removeLast()
      let outcome = space.split(at: leaf.start, level: 2)
      precondition(outcome == nil)
      return .split
    case 1: return toggle(1 + chances.below(2))
    case 2:
      let user = HostedMachine.SpyUserSpace.make(copying: space)
      precondition(user != nil)
      return .makeUser
    case 3:
      mapUserPage()
      return .mapUser
    case 4..<8:
      for _ in 0..<8 {
        let page = range(kernelAddress(gib: nextGiB), pageSize)
        nextGiB += 1
        _ = space.map(page, to: PhysicalAddress(0), attributes: .kernelData)
        pages.append(page)
      }
      return .map
    default:
      if !pages.isEmpty { _ = space.unmap(pages.removeFirst()) }
      return .unmap
    }
  }

  private mutating func toggle(_ index: Int) -> Operation {
    let (root, scheme) = (users[index].root, space.scheme)
    let device = Device(iommu: 0, requester: UInt16(8 + index))
    let pasid = PASID(UInt32(1 + index))
    defer { isBound[index].toggle() }
    if isBound[index] {
      let outcome = scheme.unbind(root, from: device, as: pasid)
      precondition(outcome == .left)
      return .unbind
    }
    let outcome = scheme.bind(root, to: device, as: pasid)
    precondition(outcome == .bound)
    return .bind
  }

  private mutating func mapUserPage() {
    var unlinked = UnlinkedTables<SpyKernel, UserHalf>(on: machine.spy)
    let page = range(VirtualAddress(nextUserPage << 30), pageSize)
    nextUserPage += 1
    let outcome = users[0].map(
      page, to: PhysicalAddress(0), attributes: .userData, into: &unlinked)
    precondition(outcome == nil && unlinked.isEmpty)
  }
}
