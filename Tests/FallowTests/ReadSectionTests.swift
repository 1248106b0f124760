// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// The release of a table waits for readers that may have come upon it: each
/// that walks is in a read section.
@Suite struct ReadSectionTests {
  typealias Space = HostedMachine.SpySpace

  /// Runs `operation` and says which accesses to entries it made outside a read
  /// section.
  private func outside(
    _ machine: HostedMachine, _ operation: () -> Void
  ) -> [Access] {
    var depth = 0
    var outside: [Access] = []
    machine.hook = { access in
      switch access {
      case .enterReadSection: depth += 1
      case .leaveReadSection: depth -= 1
      case .loadEntry, .storeEntry, .exchangeEntry, .compareExchangeEntry:
        if depth == 0 { outside.append(access) }
      default: break
      }
    }
    operation()
    machine.hook = nil
    #expect(depth == 0)
    return outside
  }

  /// Each has two pages, a large leaf and a hole to come upon.
  static let operations: [(name: String, run: @Sendable (Space) -> Void)] = [
    ("translate", { _ = $0.translate(page) }),
    ("translate a large leaf", { _ = $0.translate(large) }),
    ("translate a hole", { _ = $0.translate(hole) }),
    (
      "walk",
      { space in
        var leaves = LeafList<X86FourLevel>()
        _ = space.walk(range(page, 2 * mib2Size), visiting: &leaves)
      }
    ),
    ("first leaf", { _ = $0.firstLeaf(in: range(hole, 2 * mib2Size)) }),
    ("shape", { _ = $0.entryKind(at: page, level: 2) }),
    (
      "map a page",
      { space in
        _ = space.map(
          range(hole, pageSize), to: PhysicalAddress(0), attributes: .none)
      }
    ),
    (
      "map a range",
      { space in
        _ = space.map(
          range(hole, 3 * pageSize), to: PhysicalAddress(0), attributes: .none)
      }
    ),
    (
      "map by a cursor",
      { space in
        var cursor = Cursor(space)
        _ = cursor.map(hole, to: PhysicalAddress(0), attributes: .none)
        cursor.finish()
      }
    ),
    ("unmap a page", { _ = $0.unmap(range(page, pageSize)) }),
    ("unmap all", { _ = $0.unmap(range(page, 2 * mib2Size)) }),
    (
      "protect",
      { space in
        var revoked = LeafAttributes.none
        _ = space.protect(
          range(page, 2 * mib2Size), clearing: .writable, revoked: &revoked)
      }
    ),
  ]

  static let page = kernelAddress(mib2: 4)
  static let hole = kernelAddress(mib2: 4, page: 9)
  static let large = kernelAddress(mib2: 5)

  @Test(arguments: 0..<operations.count)
  func whoeverWalksIsInAReadSection(_ index: Int) throws {
    let (name, run) = Self.operations[index]
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      _ = space.map(
        range(Self.page, 2 * pageSize), to: PhysicalAddress(0),
        attributes: .kernelData)
      _ = space.map(
        range(Self.large, mib2Size), to: PhysicalAddress(0),
        attributes: .kernelData)
      let found = outside(machine) { run(space) }
      #expect(found.isEmpty, "\(name) walks outside a read section")
    }
  }
}
