/// What a search found.
public enum Verdict: String, Sendable {
  /// Nothing went wrong in any order.
  case safe
  /// Something goes wrong in the order that the timeline shows.
  case violation
  /// The bound on memory was met first.
  case incomplete
}

/// What a search found, and how far it looked.
public struct Outcome: Sendable {
  /// What was found.
  public var verdict = Verdict.safe
  /// What went wrong, if anything.
  public var oracle = Oracle.none
  /// The frame it went wrong with.
  public var frame = 0
  /// How many states there are.
  public var states = 0
  /// How many steps lead from one to another.
  public var transitions = 0
  /// How many steps lead to the state that is farthest away.
  public var diameter = 0
  /// How many states were seen and not gone on from.
  public var frontier = 0
  /// The steps that lead to a violation.
  public var actions: [Action] = []
  /// The same as events of the protocol, with what the walkers did.
  public var timeline: [TimelineStep] = []
  /// Whether the violation was found again with walkers that go step by step;
  /// if not, the explorer itself is wrong.
  public var isConfirmed = true
  /// How long it took.
  public var seconds = 0.0
  /// The largest number of bytes that were in use at once.
  public var memory = 0
}

/// How to search.
public struct SearchOptions: Sendable {
  /// How walkers are treated.
  public var mode = WalkerMode.mayHold
  /// Whether states that differ in the names of frames are one.
  public var symmetry = true
  /// How many threads search.
  public var threads = 1
  /// How many MiB the search may use.
  public var memory = 2_048
  /// What fingerprints are made from.
  public var seed: UInt64 = 1

  /// One thread, 2 GiB, all that makes a search small.
  public init() {}
}

extension Outcome {
  /// The scenario and the steps of a violation as short text.
  public func token(scenario: String, mode: WalkerMode) -> String {
    "1:\(scenario):\(mode):"
      + actions.map { String($0.rawValue, radix: 36) }.joined(separator: ".")
  }
}
