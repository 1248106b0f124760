// SPDX-License-Identifier: Apache-2.0

extension Scenario {
  /// The same with the last CPU doing nothing but binding and unbinding.
  func apart(cpu: Int) -> Scenario {
    var scenario = self
    for index in moves.indices { scenario.moves[index].actors &= ~(1 << cpu) }
    return scenario.binding(actors: 1 << cpu)
  }

  /// A table is unmapped while a device leaves by the driver that ships, or
  /// joins and leaves, each once.
  static func vtd(
    joins: Bool = false, ats: Bool = false, failing: Bool = false,
    pasids: Int = 1, queueRoom: Int = 255
  ) -> Scenario {
    var scenario = shipping(
      .vtd, joins: joins, ats: ats, failing: failing, pasids: pasids,
      queueRoom: queueRoom)
    scenario.bounds.sharesFirstSpaceAlone = true
    return scenario
  }

  /// The same by the driver of an IOMMU that reads memory.
  static func shipping(
    _ manual: IOMMUStructures, joins: Bool = false, ats: Bool = false,
    failing: Bool = false, pasids: Int = 1, queueRoom: Int = 255
  ) -> Scenario {
    var bounds = Catalogue.bounds(cpus: 2, frames: 1)
    bounds.structures = manual
    bounds.queueRoom = queueRoom
    bounds.startsUnshared = joins
    var scenario = mapUnmap(
      bounds, ats: ats, pasids: pasids, failing: failing
    )
    .apart(cpu: 1).once
    scenario.start = .mapped
    return scenario.withoutIdleMoves
  }

  /// The same with everything done once.
  var once: Scenario {
    var scenario = self
    for index in scenario.moves.indices {
      switch scenario.moves[index].operation {
      case .unmap, .unbind, .unmapByCursor, .useByCursor:
        scenario.moves[index].to = .over
        scenario.moves[index].otherwise = .over
      default: break
      }
    }
    scenario.mustHappen.remove(.reused)
    return scenario
  }

  /// The same without what can never be begun.
  var withoutIdleMoves: Scenario {
    var scenario = self
    var reached = Set(
      slots.map {
        $0.isBinding ? bounds.startsUnshared ? .apart : .bound : start
      })
    while true {
      let next = scenario.moves.filter { $0.from.map(reached.contains) ?? true }
      let found = reached.union(next.flatMap { [$0.to, $0.otherwise] })
      if found == reached {
        scenario.moves = next
        return scenario
      }
      reached = found
    }
  }

  /// The same with devices that join first.
  var startingUnshared: Scenario {
    var scenario = self
    scenario.bounds.startsUnshared = true
    return scenario
  }

  /// The same with no device that shares a space.
  var unshared: Scenario {
    var scenario = startingUnshared
    scenario.mustHappen.subtract(CoverageGoal.lifeOfATable)
    scenario.mustHappen.insert(.released)
    return scenario
  }

  /// The same where devices that share are expelled instead of unbound.
  var expelling: Scenario {
    var scenario = self
    for index in moves.indices where moves[index].operation == .unbind {
      scenario.moves[index].operation = .expel
    }
    return scenario
  }

  /// The same with requests forbidden while nothing is retired.
  var economical: Scenario {
    var scenario = self
    scenario.forbidsIdleInvalidation = true
    return scenario
  }

  /// The same where an error may go unreported.
  var forgettingFailures: Scenario {
    var scenario = self
    scenario.bounds.forgetsFailures = true
    return scenario
  }

  /// The same on other hardware.
  func on(_ rules: CacheRules) -> Scenario {
    var scenario = self
    scenario.rules = rules
    return scenario
  }
}
