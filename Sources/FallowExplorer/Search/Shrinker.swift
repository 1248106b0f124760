// SPDX-License-Identifier: Apache-2.0

/// Makes the steps that lead to a violation fewer, by leaving some out for as
/// long as what is left still leads to it (delta debugging).
///
/// A step that cannot be taken any more is left out too.
struct Shrinker<Checked: Model> {
  private let execution: Execution<Checked>

  /// Takes steps on an execution that nothing else uses.
  init(_ execution: Execution<Checked>) { self.execution = execution }

  /// Fewer steps that violate the same; no one of them can be left out.
  func shrink(_ actions: [Action], to oracle: Oracle) -> [Action] {
    var actions = actions
    var size = max(1, actions.count / 2)
    while true {
      let before = actions.count
      var place = 0
      while place < actions.count {
        var fewer = actions
        fewer.removeSubrange(place..<min(place + size, actions.count))
        if let rest = violating(fewer, oracle), rest.count < actions.count {
          actions = rest
        } else {
          place += size
        }
      }
      if size == 1, actions.count == before { return actions }
      size = max(1, size / 2)
    }
  }

  /// Those of the steps that can be taken, up to the violation; nil if there is
  /// none.
  private func violating(
    _ actions: [Action], _ oracle: Oracle
  ) -> [Action]? {
    execution.restart()
    for action in actions where execution.violation == .none {
      _ = execution.follow(action)
    }
    if execution.violation == .none,
      oracle == .deadlock || oracle == .waitsForEver
    {
      execution.findStuck()
    }
    return execution.violation == oracle ? execution.actions : nil
  }
}
