// SPDX-License-Identifier: Apache-2.0

/// Looks at states with the user's properties.
struct PropertyWatch {
  private let properties: [Property]
  /// The properties that held in some state, a bit each.
  private(set) var held: UInt64 = 0
  /// The property that did not hold.
  private(set) var violated: Int?

  init(_ properties: [Property]) { self.properties = properties }

  /// Whether there is nothing to look for.
  var isIdle: Bool { properties.isEmpty }

  /// Whether a state has the properties that it must have.
  mutating func allows(_ state: Cells, _ layout: Layout) -> Bool {
    let view = StateView(state, layout)
    for (index, property) in properties.enumerated() {
      let holds = property.holds(view)
      if holds { held |= 1 << UInt64(index) }
      let isDue =
        switch property.expectation {
        case .always: true
        case .sometimes: false
        case .eventually: view.isAtRest
        }
      if isDue, !holds {
        violated = index
        return false
      }
    }
    return true
  }
}
