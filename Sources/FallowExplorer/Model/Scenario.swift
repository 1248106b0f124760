// SPDX-License-Identifier: Apache-2.0

/// Which actor does what on how large a machine.
public struct Scenario: Sendable {
  /// What it is called.
  public var name: String
  /// How large the machine is.
  public var bounds: Bounds
  /// What may be done.
  public var moves: [Move]
  /// The stretches of addresses.
  public var slots: [Slot]
  /// What the slots hold at first.
  public var start = SlotState.empty
  /// What its IOMMUs cache and forget.
  public var rules = CacheRules.vtd
  /// Whether a retired table that nobody is at work on is a leak although a
  /// list leads to it.
  ///
  /// For code that promises to release it without another operation. So is an
  /// empty table that stays linked.
  public var releasesAtRest = false
  /// Whether a request to invalidate while nothing is retired is wrong.
  public var forbidsIdleInvalidation = false
  /// What must hold besides what every search checks.
  public var properties: [Property] = []
  /// What must happen at least once: without it a search says nothing.
  public var mustHappen = CoverageGoal.lifeOfATable

  /// What the program that is searched calls its memory, if it has some.
  package var names: ProgramNames?

  /// A scenario of that name.
  ///
  /// - Parameters:
  ///   - name: What it is called.
  ///   - bounds: How large the machine is.
  ///   - moves: What may be done.
  ///   - slots: What operations work on.
  public init(
    _ name: String, bounds: Bounds, moves: [Move], slots: [Slot]
  ) {
    self.name = name
    self.bounds = bounds
    self.moves = moves
    self.slots = slots
  }

  /// CPUs map and unmap slots of one page, each under an entry of its own.
  ///
  /// - Parameter bounds: How large the machine is.
  /// - Returns: The scenario `map-unmap`.
  public static func mapUnmap(_ bounds: Bounds) -> Scenario {
    Scenario(
      "map-unmap", bounds: bounds,
      moves: [
        Move(.map, from: .empty, to: .mapped),
        Move(.unmap, from: .mapped, to: .empty),
      ],
      slots: (0..<bounds.slots).map {
        Slot(number: $0, firstPage: $0 << bounds.indexBits, pageCount: 1)
      })
  }

  /// The same while devices leave the spaces that they share, and come back.
  ///
  /// - Parameter actors: The actors that may make them, a bit each.
  public func binding(actors: UInt8) -> Scenario {
    var scenario = self
    scenario.moves += [
      Move(.bind, from: .apart, to: .bound, actors: actors),
      Move(.unbind, from: .bound, to: .apart, actors: actors),
    ]
    for iommu in 0..<bounds.iommus {
      for pasid in 0..<bounds.pasids {
        scenario.slots.append(
          Slot(number: scenario.slots.count, iommu: iommu, pasid: pasid))
      }
    }
    return scenario
  }
}
