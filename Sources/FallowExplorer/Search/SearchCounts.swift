// SPDX-License-Identifier: Apache-2.0

/// What a search has counted and come upon, of all its threads together.
struct SearchCounts {
  /// How many steps were taken.
  var transitions = 0
  /// How many states there are if those that differ in names count apart.
  var renamings = 0
  /// How many steps were taken by other names.
  var checks = 0
  /// What happened, a bit each.
  var happened: UInt64 = 0
  /// The user's properties that held, a bit each.
  var held: UInt64 = 0
  /// The moves that were begun, a bit each.
  var begun: UInt64 = 0
  /// How often which steps were taken.
  var coverage = [UInt64](repeating: 0, count: Coverage.size)

  /// Adds what a thread has counted.
  mutating func add<Checked>(_ expander: borrowing Expander<Checked>) {
    let stepper = expander.stepper
    transitions += expander.transitions
    renamings += expander.renamings
    checks += expander.equivariance.checks
    happened |= UInt64(stepper.core.happened)
    held |= expander.watch.held
    begun |= expander.begun
    expander.coverage.add(to: &coverage)
    Coverage.add(
      stepper.core.carriedOut, failures: stepper.core.failures,
      to: &coverage)
  }
}

extension SearchCounts {
  /// All of it, in order.
  var words: [UInt64] {
    [
      UInt64(transitions), UInt64(renamings), UInt64(checks), happened, held,
      begun,
    ] + coverage
  }

  /// From words; nil if there are not as many.
  init?(words: [UInt64]) {
    guard words.count == 6 + Coverage.size else { return nil }
    transitions = Int(truncatingIfNeeded: words[0])
    renamings = Int(truncatingIfNeeded: words[1])
    checks = Int(truncatingIfNeeded: words[2])
    happened = words[3]
    held = words[4]
    begun = words[5]
    coverage = Array(words[6...])
  }
}
