// SPDX-License-Identifier: Apache-2.0

extension Scenario {
  static func mapUnmap(
    _ bounds: Bounds, ats: Bool = false, iommus: Int = 1, pasids: Int = 1,
    failing: Bool = false
  ) -> Scenario {
    var bounds = bounds
    bounds.ats = ats
    bounds.iommus = iommus
    bounds.pasids = pasids
    bounds.mayFail = failing
    var scenario = mapUnmap(bounds)
    if failing { scenario.mustHappen.formUnion([.failed, .parked]) }
    // The one frame is given back by the last step of who gives it back.
    if bounds.frames == 1 { scenario.mustHappen.remove(.reused) }
    return scenario
  }

  /// Slots of one page that share a table.
  static func neighbours(_ bounds: Bounds) -> Scenario {
    var scenario = mapUnmap(bounds)
    scenario.name = "neighbours"
    scenario.slots = (0..<bounds.slots).map {
      Slot(number: $0, firstPage: $0, pageCount: 1)
    }
    return scenario
  }

  /// The same by cursors, one of which may map and unmap its page again.
  static func cursors(_ bounds: Bounds) -> Scenario {
    var scenario = neighbours(bounds)
    scenario.name = "cursors"
    scenario.moves = [
      Move(.mapByCursor, from: .empty, to: .mapped),
      Move(.unmapByCursor, from: .mapped, to: .empty),
      Move(.useByCursor, from: .empty, to: .empty, actors: 1),
    ]
    return scenario
  }

  /// Addresses that pass from a CPU that uses their first page by a cursor to
  /// another, which has their tables go, and back, while the cursor stands in
  /// the table.
  ///
  /// The operations take the lock that stands for the allocator of addresses, so
  /// the second does not claim the slot. The first is done once; what it leaves
  /// is not looked at either.
  static func addressesChangeHands(
    from using: Operation, to replacing: Operation, pages: Int
  ) -> Scenario {
    var bounds = Catalogue.bounds(cpus: 2)
    bounds.levels = 3
    var scenario = Scenario(
      "addresses-change-hands", bounds: bounds,
      moves: [
        Move(using, from: .unknown, to: .apart, actors: 1),
        Move(replacing, from: nil, to: .unknown, actors: 2),
      ],
      slots: [Slot(number: 0, firstPage: 0, pageCount: pages)])
    scenario.start = .unknown
    return scenario
  }

  /// Three pages in two tables beside a page in the second, and as many frames
  /// as the tables need; `map` and `unmap` are what is done with them.
  static func twoTables(
    cpus: Int, map: Operation, unmap: Operation
  ) -> Scenario {
    var scenario = mapUnmap(Catalogue.bounds(cpus: cpus, slots: 2))
    scenario.name = "two-tables"
    scenario.slots = [
      Slot(number: 0, firstPage: 0, pageCount: 3),
      Slot(number: 1, firstPage: 3, pageCount: 1),
    ]
    scenario.moves = [
      Move(map, from: .empty, to: .mapped),
      Move(unmap, from: .mapped, to: .empty),
    ]
    return scenario
  }

  /// CPU 0 maps and unmaps; CPU 1 reads the tables.
  static func readers(_ bounds: Bounds) -> Scenario {
    var scenario = mapUnmap(bounds)
    scenario.name = "reader"
    for index in scenario.moves.indices { scenario.moves[index].actors = 1 }
    scenario.moves.append(
      Move(.translate, from: nil, to: .empty, actors: 2))
    scenario.mustHappen.insert(.readersAwaited)
    return scenario
  }

  /// A slot that one leaf of level 2 can map.
  static var reshape: Scenario {
    var bounds = Bounds()
    bounds.levels = 3
    bounds.frames = 4
    var scenario = Scenario(
      "reshape", bounds: bounds,
      moves: [
        Move(.map, from: .empty, to: .mapped),
        Move(.promote, from: .empty, to: .large),
        Move(.collapse, from: .mapped, to: .large),
        Move(.split, from: .large, to: .mapped),
        Move(.unmap, from: .mapped, to: .empty),
        Move(.unmap, from: .large, to: .empty),
      ],
      slots: [Slot(number: 0, firstPage: 0, pageCount: 2)])
    scenario.start = .empty
    return scenario
  }

  /// The same with fewer frames.
  static var smallReshape: Scenario {
    var bounds = reshape.bounds
    bounds.frames = 3
    return reshape.resized(bounds)
  }

  /// Two CPUs each map a page; both make one large leaf.
  static var completing: Scenario {
    var bounds = Catalogue.bounds(cpus: 2, slots: 2, frames: 3)
    bounds.levels = 3
    var scenario = neighbours(bounds)
    scenario.name = "completing"
    scenario.moves = [Move(.mapCollapsing, from: .empty, to: .within)]
    // Nothing changes any more once the table is retired, so no step looks at
    // what walkers hold of it before the invalidation.
    scenario.mustHappen.remove(.heldInQuarantine)
    return scenario
  }

  /// The same with pages that are unmapped again.
  var unmapping: Scenario {
    var scenario = self
    scenario.moves.append(Move(.unmap, from: .within, to: .empty))
    return scenario
  }

  /// An interrupt on CPU 0 works on a slot of its own.
  static var interrupt: Scenario {
    var bounds = Bounds()
    bounds.slots = 2
    bounds.interrupts = 1
    var scenario = mapUnmap(bounds)
    scenario.name = "interrupt"
    scenario.mustHappen.insert(.interrupted)
    return scenario
  }
}
