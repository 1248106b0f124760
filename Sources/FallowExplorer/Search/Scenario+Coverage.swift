// SPDX-License-Identifier: Apache-2.0

/// What of a scenario a search has come upon.
extension Scenario {
  /// The names of the moves whose number has a property.
  func moveNames(where isWanted: (Int) -> Bool) -> [String] {
    moves.indices.filter(isWanted).map {
      let move = moves[$0]
      return move.from.map { "\(move.name) from \($0)" } ?? move.name
    }
  }

  /// The user's properties that must hold at least once and never did.
  ///
  /// - Parameter held: Those that held in some state, a bit each.
  func propertiesNeverHeld(held: UInt64) -> [String] {
    properties.enumerated().filter { index, property in
      property.expectation == .sometimes && held >> UInt64(index) & 1 == 0
    }.map(\.element.name)
  }
}

extension CoverageGoal {
  /// Those whose bits are set.
  static func all(in bits: UInt32) -> Set<CoverageGoal> {
    Set(allCases.filter { bits & $0.bit != 0 })
  }
}
