// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// A cursor remembers a table that others may take away meanwhile: it must not
/// write into one that is retired.
@Suite struct CursorTests {
  typealias Space = HostedMachine.SpySpace

  static let stretch = range(kernelAddress(mib2: 6), mib2Size)

  /// Maps pages by a cursor, has their table taken away, and maps a page of the
  /// same stretch by the same cursor.
  private func check(
    pages: UInt64, _ takeAway: (Space) -> Void
  ) throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      machine.shareASpace()
      var cursor = Cursor(space)
      for page in 0..<pages {
        _ = cursor.map(
          Self.stretch.start + page * pageSize,
          to: PhysicalAddress(mib2Size + page * pageSize),
          attributes: .kernelData)
      }
      takeAway(space)
      let last = Self.stretch.start + 511 * pageSize
      #expect(space.translate(last) == nil)
      let outcome = cursor.map(
        last, to: PhysicalAddress(0x7000), attributes: .kernelData)
      cursor.finish()
      #expect(outcome == nil)
      #expect(space.leaf(at: last) == Leaf(address: 0x7000, level: 1))
      machine.runWorker(space.scheme)
      #expect(space.leaf(at: last) == Leaf(address: 0x7000, level: 1))
      #expect(machine.accountsMismatch() == nil)
    }
  }

  @Test func aTableThatARangeCovered() throws {
    try check(pages: 3) { _ = $0.unmap(Self.stretch) }
  }

  @Test func aTableThatItsLastPageLeftEmpty() throws {
    try check(pages: 1) { _ = $0.unmap(range(Self.stretch.start, pageSize)) }
  }

  /// The cursor remembers an empty table that a large leaf took the place of.
  @Test func aTableThatMadeWay() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace(.keep)
      let start = kernelAddress()
      var cursor = Cursor(space)
      for page in 0..<2 as Range<UInt64> {
        _ = cursor.map(
          start + page * pageSize, to: PhysicalAddress(0),
          attributes: .kernelData)
      }
      _ = space.unmap(range(start, 2 * pageSize))
      #expect(
        space.map(
          range(start, mib2Size), to: PhysicalAddress(0),
          attributes: .kernelData) == nil)
      let outcome = cursor.map(
        start, to: PhysicalAddress(0), attributes: .kernelData)
      cursor.finish()
      #expect(outcome == MapError(.occupied, at: start, level: 2))
      machine.runWorker(space.scheme)
    }
  }

  @Test func aTableThatCollapsed() throws {
    try check(pages: 512) { space in
      var unlinked = UnlinkedTables<SpyKernel, KernelHalf>(on: space.platform)
      let outcome = space.collapse(
        at: Self.stretch.start, level: 2, into: &unlinked)
      space.scheme.retire(unlinked)
      #expect(outcome == nil)
      _ = space.unmap(Self.stretch)
    }
  }
}
