internal import ArgumentParser
internal import FallowExplorer
internal import FallowReport
internal import Foundation

/// `fallow check`.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Search every interleaving for a walk of a freed table.")

  @Argument(help: "A scenario; without one, the whole catalogue.")
  var scenario: String?
  @Option var scheme = "fallow"
  @Option var cpus = 1
  @Option var slots = 1
  @Option var frames = 2
  @Option var iommus = 1
  @Option var pasids = 1
  @Flag var ats = false
  @Flag var failing = false
  @Flag var concrete = false
  @Flag(inversion: .prefixedNo) var symmetry = true
  @Option var threads = 1
  @Option var memory = 2048
  @Option var seed: UInt64 = 1

  func run() throws {
    var bounds = Bounds()
    bounds.cpus = cpus
    bounds.slots = slots
    bounds.frames = frames
    bounds.iommus = iommus
    bounds.pasids = pasids
    bounds.ats = ats
    bounds.mayFail = failing
    var options = SearchOptions()
    options.mode = concrete ? .concrete : .mayHold
    options.symmetry = symmetry
    options.threads = threads
    options.memory = memory
    options.seed = seed
    let outcome = Check.run(
      .mapUnmap(bounds), scheme: SchemeChoice(rawValue: scheme)!,
      options: options)
    print(outcome.verdict, outcome.oracle, outcome.states, outcome.transitions,
      outcome.diameter, outcome.seconds, Int(Double(outcome.transitions)/outcome.seconds), outcome.memory >> 20)
    for a in outcome.actions { print(a.kind, a.actor) }
  }
}
