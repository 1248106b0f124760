// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// The real map, unmap, retire and reclaim in every order of their accesses.
///
/// The oracles: no frame that a walker may still hold is free, nobody touches
/// a free frame, and between operations each frame is in exactly one place.
@Suite struct SteppingTests {
  @Test func neighboursInOneTableAndAWorker() {
    let result = Exploration<TwoLevels, _>(
      frames: 3, scripts: [[.map(0), .unmap(0)], [.map(1), .unmap(1)]],
      scheme: \.reclaimer
    ).run()
    print("neighbours in one table: \(result)")
    #expect(result.violation == nil)
    #expect(result.releases > 0)
  }

  /// Frames run out and come back; one CPU retires onto a list that the worker
  /// is taking.
  @Test func rangesOverTwoTablesAndAFrameTooFew() {
    let result = Exploration<TwoLevels, _>(
      frames: 3,
      scripts: [
        [.map(0, pages: 3), .unmap(0, pages: 3), .map(2), .unmap(2)], [.map(3)],
      ],
      scheme: \.reclaimer
    ).run()
    print("ranges over two tables: \(result)")
    #expect(result.violation == nil)
    #expect(result.releases > 0)
  }

  @Test func anIOMMUThatMayFail() {
    let result = Exploration<TwoLevels, _>(
      frames: 3,
      scripts: [[.map(0), .unmap(0), .map(0), .unmap(0), .map(0), .unmap(0)]],
      mayFail: true, scheme: \.reclaimer
    ).run()
    print("an IOMMU that may fail: \(result)")
    #expect(result.violation == nil)
    #expect(result.releases > 0)
  }

  /// Lists of frames over two tables, whose counts a neighbour changes too.
  @Test func listsBesideANeighbour() {
    let result = Exploration<TwoLevels, _>(
      frames: 4,
      scripts: [
        [.mapList(0, pages: 3), .unmapList(0, pages: 3)], [.map(3), .unmap(3)],
      ],
      scheme: \.reclaimer
    ).run()
    print("lists beside a neighbour: \(result)")
    #expect(result.violation == nil)
    #expect(result.releases > 0)
  }

  /// Frames are taken ahead while a neighbour makes and empties the same table.
  @Test func aReservationBesideANeighbour() {
    let result = Exploration<TwoLevels, _>(
      frames: 4,
      scripts: [[.mapReserved(0), .unmap(0)], [.map(1), .unmap(1)]],
      scheme: \.reclaimer
    ).run()
    print("a reservation beside a neighbour: \(result)")
    #expect(result.violation == nil)
    #expect(result.releases > 0)
  }

  /// Private accesses end turns too: what is called private is.
  @Test func nothingPrivateIsShared() {
    let result = Exploration<TwoLevels, _>(
      frames: 3, scripts: [[.map(0), .unmap(0)], [.map(1)]],
      areAllShared: true, scheme: \.reclaimer
    ).run()
    print("all accesses shared: \(result)")
    #expect(result.violation == nil)
    #expect(result.releases > 0)
  }

  @Test func threeLevels() {
    let result = Exploration<ThreeLevels, _>(
      frames: 5, scripts: [[.map(0), .unmap(0)], [.map(1)]],
      scheme: \.reclaimer
    ).run()
    print("three levels: \(result)")
    #expect(result.violation == nil)
    #expect(result.releases > 0)
  }

  /// A device joins and leaves while a table goes: by the worker if it is seen,
  /// at once if not.
  @Test func aDeviceThatJoinsAndLeaves() {
    let result = Exploration<TwoLevels, _>(
      frames: 3, scripts: [[.map(0), .unmap(0)], [.unbind, .bind]],
      scheme: \.reclaimer
    ).run()
    print("a device that leaves and joins: \(result)")
    #expect(result.violation == nil)
    #expect(result.releases > 0)
  }

  @Test func aDeviceThatLeavesUnanswered() {
    let result = Exploration<TwoLevels, _>(
      frames: 3, scripts: [[.map(0), .unmap(0)], [.unbind]],
      mayFail: true, scheme: \.reclaimer
    ).run()
    print("a device that leaves unanswered: \(result)")
    #expect(result.violation == nil)
    #expect(result.releases > 0)
  }

  @Test func findsAReleaseBeforeTheInvalidation() {
    let result = Exploration<TwoLevels, _>(
      frames: 3, scripts: [[.map(0), .unmap(0)]],
      scheme: { ReleaseBeforeInvalidation(reclaimer: $0.reclaimer) }
    ).run()
    print("release before invalidation: \(result)")
    #expect(
      result.violation?.hasPrefix("a walker may hold a free frame") == true)
  }

  @Test func findsAnInvalidationBeforeTheBatchIsTaken() {
    let result = Exploration<TwoLevels, _>(
      frames: 3,
      scripts: [[.map(0), .unmap(0), .map(0), .unmap(0)]],
      scheme: { InvalidationBeforeBatch(reclaimer: $0.reclaimer) }
    ).run()
    print("invalidation before the batch: \(result)")
    #expect(
      result.violation?.hasPrefix("a walker may hold a free frame") == true)
  }

  /// The same accesses give the same states, run after run.
  @Test func theSearchIsDeterministic() {
    func search() -> String {
      Exploration<TwoLevels, _>(
        frames: 3, scripts: [[.map(0), .unmap(0)], [.map(1)]],
        scheme: \.reclaimer
      ).run().description
    }
    #expect(search() == search())
  }
}
