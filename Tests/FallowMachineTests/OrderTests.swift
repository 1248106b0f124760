// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine
import Testing

/// The order in which the real library does things, as the machine sees it.
@Suite struct OrderTests {
  /// When each thing happened to a table, as an index into the log.
  private struct Life {
    var linked: Int?
    var cleared: Int?
    var flushed: Int?
    var retired: Int?
    var submitted: Int?
    var invalidated: Int?
    var released: Int?
    var reused: Int?
  }

  /// The life of a table that translates `range`: the last flush before it was
  /// retired, the first invalidation after, on the IOMMU that is the latest.
  private func life(
    of table: FrameNumber, _ range: VirtualRange, in events: [MachineEvent],
    iommus: Int = 1
  ) -> Life {
    var life = Life()
    var invalidated = 0
    for (index, event) in events.enumerated() {
      switch event.kind {
      case .linked(table): life.linked = index
      case .cleared(table): life.cleared = index
      case .flushed(let flushed)
      where flushed.overlaps(range) && life.retired == nil:
        life.flushed = index
      case .retired(table): life.retired = index
      case .submitted where life.retired != nil && life.submitted == nil:
        life.submitted = index
      case .invalidated(let request, _)
      where life.submitted != nil && invalidated < iommus
        && request.range?.overlaps(range) != false && !request.leavesOnly:
        invalidated += 1
        if invalidated == iommus { life.invalidated = index }
      case .released(table): life.released = index
      case .reused(table): life.reused = index
      default: break
      }
    }
    return life
  }

  private func expectOrder(
    _ life: Life, isCleared: Bool = true,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var steps = [life.linked]
    if isCleared { steps.append(life.cleared) }
    steps += [
      life.flushed, life.retired, life.submitted, life.invalidated,
      life.released, life.reused,
    ]
    #expect(
      !steps.contains(nil), "\(life)", sourceLocation: sourceLocation)
    let happened = steps.compactMap(\.self)
    #expect(
      happened == happened.sorted() && Set(happened).count == happened.count,
      "\(life)", sourceLocation: sourceLocation)
  }

  private func makeWorld(emptyTables: EmptyTablePolicy = .free) -> World {
    let world = World(emptyTables: emptyTables) { $0.iommus = 2 }
    world.share(iommus: 2)
    world.machine.recordsEvents = true
    return world
  }

  @Test func unmap() {
    let world = makeWorld()
    let range = world.map(kernelAddress)
    let tables = (1...2).map {
      world.table(kernelAddress, level: $0, root: world.kernel.root)
    }
    #expect(world.kernel.unmap(range) == nil)
    world.machine.run(until: 1_000_000)
    for table in tables {
      expectOrder(life(of: table, range, in: world.machine.events, iommus: 2))
    }
  }

  @Test func promotion() {
    let world = makeWorld(emptyTables: .keep)
    let range = world.map(kernelAddress)
    let tables = (1...2).map {
      world.table(kernelAddress, level: $0, root: world.kernel.root)
    }
    #expect(world.kernel.unmap(range) == nil)
    world.map(kernelAddress, pages: 1 << 18)
    world.machine.run(until: 1_000_000)
    let events = world.machine.events
    // The lower table goes out of reach with the one above.
    expectOrder(
      life(of: tables[0], range, in: events, iommus: 2),
      isCleared: false)
    expectOrder(life(of: tables[1], range, in: events, iommus: 2))
  }

  @Test func collapse() {
    let world = makeWorld()
    let first = world.machine.allocateData(frames: 512)
    let range = pageRange(kernelAddress, 512)
    let outcome = world.kernel.map(
      range, to: first.address, attributes: .kernelData, maxLeafLevel: 1)
    #expect(outcome == nil)
    let table = world.table(kernelAddress, level: 1, root: world.kernel.root)
    var unlinked = UnlinkedTables<MachinePlatform, KernelHalf>(
      on: world.platform)
    let reshaped = world.kernel.collapse(
      at: range.start, level: 2, into: &unlinked)
    #expect(reshaped == nil)
    world.scheme.retire(unlinked)
    world.machine.run(until: 1_000_000)
    expectOrder(life(of: table, range, in: world.machine.events, iommus: 2))
  }

  @Test func aTableIsAllocatedThenConstructedThenLinked() throws {
    let world = makeWorld()
    world.map(kernelAddress)
    let table = world.table(kernelAddress, level: 1, root: world.kernel.root)
    let kinds = world.machine.events.map(\.kind)
    let allocated = try #require(
      kinds.firstIndex(of: .allocated(table, order: 0)))
    let constructed = try #require(kinds.firstIndex(of: .constructed(table)))
    let linked = try #require(kinds.firstIndex(of: .linked(table)))
    #expect(allocated < constructed)
    #expect(constructed < linked)
  }

  @Test func noEventsAreKeptUnlessAskedFor() {
    let world = World()
    world.map(kernelAddress)
    #expect(world.machine.events.isEmpty)
  }
}
