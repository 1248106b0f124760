// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// The order in which each operation does what others could see: the entry
/// cleared, the CPUs flushed, the table retired, readers awaited, released.
///
/// `LifeOrder` holds for every table whatever the operation; here each has its
/// own sequence as well.
@Suite struct OrderTests {
  /// What an event was, without to what.
  enum Step {
    case changed, linked, cleared, flushed, retired, awaited, released
  }

  /// What a space starts from: 2 MiB as one leaf, as 512 pages, or as an empty
  /// table.
  enum Start {
    case leaf, pages, onePage, emptyTable
  }

  typealias Space = HostedMachine.SpySpace

  static let stretch = range(kernelAddress(gib: 1, mib2: 3), mib2Size)

  /// Runs an operation over the stretch and the worker after it, and returns
  /// what was to be seen, the same steps in a row as one.
  private func steps(
    from start: Start, emptyTables: EmptyTablePolicy = .free,
    _ operation: (Space) -> Void
  ) throws -> [Step] {
    var steps: [Step] = []
    try HostedMachine.run { machine in
      let space = try machine.makeSpace(emptyTables)
      machine.shareASpace()
      let stretch = Self.stretch
      // A neighbour keeps the table above.
      _ = space.map(
        range(stretch.start + mib2Size, pageSize), to: PhysicalAddress(0),
        attributes: .kernelData)
      let isPages = start != .leaf
      let size = start == .leaf || start == .pages ? mib2Size : pageSize
      _ = space.map(
        range(stretch.start, size), to: PhysicalAddress(mib2Size),
        attributes: .kernelData, maxLeafLevel: isPages ? 1 : 2)
      if start == .emptyTable {
        let keeping = Space(
          scheme: space.scheme, root: space.root, emptyTables: .keep)
        _ = keeping.unmap(range(stretch.start, pageSize))
      }
      machine.isRecording = true
      operation(space)
      machine.runWorker(space.scheme)
      var order = LifeOrder()
      #expect(order.check(machine.events) == nil)
      for event in machine.events {
        if case .flushed(let range) = event {
          #expect(Self.stretch.contains(range.start))
        }
        if let step = Self.step(event), steps.last != step {
          steps.append(step)
        }
      }
    }
    return steps
  }

  private static func step(_ event: Event) -> Step? {
    switch event {
    case .changed: .changed
    case .linked: .linked
    case .cleared: .cleared
    case .flushed: .flushed
    case .retired: .retired
    case .awaitedReaders: .awaited
    case .released: .released
    case .submitted, .fenced, .waited, .parked, .published: nil
    }
  }

  private static func flushes(of space: Space) -> Int {
    space.platform.machine.events.count {
      if case .flushed = $0 { true } else { false }
    }
  }

  private func withTables(
    of space: Space,
    _ body: (inout UnlinkedTables<SpyKernel, KernelHalf>) -> Void
  ) {
    var unlinked = UnlinkedTables<SpyKernel, KernelHalf>(on: space.platform)
    body(&unlinked)
    space.scheme.retire(unlinked)
  }

  private let reclaimed: [Step] = [.retired, .awaited, .released]

  @Test(arguments: [Start.leaf, .pages])
  func protectFlushesWhatItTookAway(_ start: Start) throws {
    let steps = try steps(from: start) { space in
      var revoked = LeafAttributes.none
      #expect(
        space.protect(Self.stretch, clearing: .writable, revoked: &revoked)
          == nil)
      #expect(revoked == .writable)
    }
    #expect(steps == [.changed, .flushed])
  }

  @Test func aRefusedProtectChangesNothing() throws {
    let steps = try steps(from: .pages) { space in
      let next = Self.stretch.start + mib2Size
      _ = space.unmap(range(next, pageSize))
      _ = space.map(
        range(next, mib2Size), to: PhysicalAddress(0),
        attributes: .kernelData)
      space.platform.machine.events = []
      var revoked = LeafAttributes.none
      #expect(
        space.protect(
          range(Self.stretch.start, mib2Size + pageSize),
          clearing: .writable, revoked: &revoked)
          == MapError(.partialLeaf, at: next, level: 2))
      #expect(revoked == LeafAttributes.none)
    }
    #expect(!steps.contains(.changed) && !steps.contains(.flushed))
  }

  @Test func aTableThatIsCoveredGoesWhole() throws {
    let steps = try steps(from: .pages) { _ = $0.unmap(Self.stretch) }
    #expect(steps == [.cleared, .flushed] + reclaimed)
  }

  /// What CPUs recorded is final when it is read: they have flushed before.
  @Test func aTableWhoseLeavesAreReadIsFlushedBeforeAndAfter() throws {
    var flushes = 0
    let steps = try steps(from: .pages) { space in
      withTables(of: space) { unlinked in
        var leaves = LeafList<X86FourLevel>()
        _ = space.unmap(Self.stretch, into: &unlinked, visiting: &leaves)
        #expect(leaves.leaves.count == 512)
      }
      flushes = Self.flushes(of: space)
    }
    #expect(flushes == 2)
    #expect(steps == [.cleared, .flushed] + reclaimed)
  }

  @Test func theLastPageTakesItsTableAlong() throws {
    let steps = try steps(from: .onePage) { space in
      _ = space.unmap(range(Self.stretch.start, pageSize))
    }
    #expect(steps == [.changed, .cleared, .flushed] + reclaimed)
  }

  @Test func onePageOfManyIsFlushed() throws {
    let steps = try steps(from: .pages) { space in
      _ = space.unmap(range(Self.stretch.start + pageSize, pageSize))
    }
    #expect(steps == [.changed, .flushed])
  }

  @Test func aLargeLeafIsFlushed() throws {
    let steps = try steps(from: .leaf) { _ = $0.unmap(Self.stretch) }
    #expect(steps == [.changed, .flushed])
  }

  @Test func aLiveSplitFlushesTheLeaf() throws {
    let steps = try steps(from: .leaf) { space in
      #expect(space.split(at: Self.stretch.start, level: 2) == nil)
    }
    #expect(steps == [.changed, .linked, .flushed])
  }

  @Test func aBreakingSplitFlushesBeforeItLinks() throws {
    let steps = try steps(from: .leaf) { space in
      #expect(
        space.split(at: Self.stretch.start, level: 2, breaks: true) == nil)
    }
    #expect(steps == [.changed, .flushed, .linked, .flushed])
  }

  @Test(arguments: [false, true])
  func collapseRetiresTheTableAfterTheFlush(breaks: Bool) throws {
    let steps = try steps(from: .pages) { space in
      withTables(of: space) { unlinked in
        #expect(
          space.collapse(
            at: Self.stretch.start, level: 2, breaks: breaks, into: &unlinked)
            == nil)
      }
    }
    #expect(steps == [.cleared, .flushed] + reclaimed)
  }

  /// One flush between the cleared entry and the leaf, one after the leaf.
  @Test(arguments: [false, true])
  func aBreakingCollapseFlushesTwice(breaks: Bool) throws {
    var flushes = 0
    _ = try steps(from: .pages) { space in
      withTables(of: space) { unlinked in
        _ = space.collapse(
          at: Self.stretch.start, level: 2, breaks: breaks, into: &unlinked)
      }
      flushes = Self.flushes(of: space)
    }
    #expect(flushes == (breaks ? 2 : 1))
  }

  @Test func aMappingThatCollapsesDoesTheSame() throws {
    let steps = try steps(from: .pages) { space in
      let page = range(Self.stretch.start + pageSize, pageSize)
      _ = space.unmap(page)
      space.platform.machine.events = []
      #expect(
        space.mapCollapsing(
          page, to: PhysicalAddress(mib2Size + pageSize),
          attributes: .kernelData) == nil)
      #expect(space.leaf(at: page.start)?.level == 2)
    }
    #expect(steps == [.cleared, .flushed] + reclaimed)
  }

  @Test func detachRetiresAfterTheFlush() throws {
    let steps = try steps(from: .emptyTable) { space in
      withTables(of: space) { unlinked in
        #expect(
          space.detach(at: Self.stretch.start, level: 2, into: &unlinked)
            == nil)
      }
    }
    #expect(steps == [.cleared, .flushed] + reclaimed)
  }

  @Test func aPromotionRetiresAfterTheFlush() throws {
    let steps = try steps(from: .emptyTable) { space in
      #expect(
        space.map(
          Self.stretch, to: PhysicalAddress(0), attributes: .kernelData)
          == nil)
      #expect(space.leaf(at: Self.stretch.start)?.level == 2)
    }
    #expect(steps == [.cleared, .flushed] + reclaimed)
  }

  /// What was reserved and not used goes back at once: nobody saw it.
  @Test func aReservationThatIsNotNeededGoesBackUnseen() throws {
    let steps = try steps(from: .onePage) { space in
      guard
        var reserved = space.reserve(
          for: Self.stretch, to: PhysicalAddress(pageSize))
      else { return }
      let outcome = space.map(
        range(Self.stretch.start + pageSize, pageSize),
        to: PhysicalAddress(0), attributes: .kernelData, from: &reserved)
      reserved.giveBack()
      #expect(outcome == nil)
    }
    #expect(steps == [.released])
  }
}
