// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import FallowExplorer

/// The options of `fallow check` that draw executions at random.
struct CheckRandomOptions: ParsableArguments {
  @Option(
    name: .customLong("random"),
    help: ArgumentHelp(
      """
      Take executions at random instead of all: by priorities that change at a \
      few points (pct), or any actor that can go on (uniform).
      """, valueName: "strategy"))
  var strategy: NameArgument<RandomOptions.Strategy>?

  @Option(help: "With --random: how many executions. (default: 1000)")
  var runs: Int?

  @Option(
    help: """
      With --random: how many operations each execution begins. (default: 12)
      """)
  var operations: Int?

  @Option(
    help: """
      With --random pct: how many steps have to come in one order for the \
      violation; the priority changes at one point less. (default: 3)
      """)
  var depth: Int?

  @Flag(help: "With --random: go on after a violation, and count them.")
  var keepGoing = false

  func validate() throws {
    try check(runs, 1...1_000_000_000, "runs")
    try check(operations, 1...1_000, "operations")
    try check(depth, 1...100, "depth")
    guard let strategy else {
      if runs != nil || operations != nil || depth != nil || keepGoing {
        throw ValidationError(
          "--runs, --operations, --depth and --keep-going go with --random")
      }
      return
    }
    if depth != nil, strategy.name != .pct {
      throw ValidationError("--depth goes with --random pct")
    }
  }

  private func check(
    _ value: Int?, _ range: ClosedRange<Int>, _ name: String
  ) throws {
    guard let value, !range.contains(value) else { return }
    throw ValidationError(
      "--\(name) takes a number from \(range.lowerBound) to "
        + "\(range.upperBound)")
  }

  /// How executions are drawn; nil if all orders are searched.
  var options: RandomOptions? {
    guard let strategy else { return nil }
    var options = RandomOptions()
    options.strategy = strategy.name
    options.runs = runs ?? options.runs
    options.operations = operations ?? options.operations
    options.depth = depth ?? options.depth
    options.takesAllRuns = keepGoing
    return options
  }
}
