/// What a search found.
public enum Verdict: String, Sendable {
  /// Nothing went wrong in any order.
  case safe
  /// Something goes wrong in the order that the timeline shows.
  case violation
  /// The bound on memory was met first, or what the scenario is about never
  /// happened.
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
  /// How many there are if states that differ in the names of frames count
  /// apart.
  public var renamings = 0
  /// How many steps lead from one to another.
  public var transitions = 0
  /// How many steps lead to the state that is farthest away.
  public var diameter = 0
  /// How many states were seen and not gone on from.
  public var frontier = 0
  /// What happened at least once.
  public var happened: Set<Happening> = []
  /// What did not happen, and had to.
  public var missing: Set<Happening> = []
  /// Which steps were taken, and how often.
  public var coverage: [CoveredStep] = []
  /// The steps that lead to a violation.
  public var actions: [Action] = []
  /// The same as events of the protocol, with what the walkers did.
  public var timeline: [TimelineStep] = []
  /// Whether the program's debug information has a source line for each step of
  /// the timeline that is code's.
  public var namesLines = true
  /// Whether the violation was found again with IOMMUs and walkers that go step
  /// by step; if not, the explorer itself is wrong.
  public var isConfirmed = true
  /// Whether steps were merged; see ``SearchOptions/everyStep``.
  public var mergesSteps = false
  /// Whether something happened for which they must not be.
  var wantsEveryStep = false
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
  /// Whether every step is taken; if not, those that show the same in another
  /// order are merged.
  ///
  /// They are not where stores wait in buffers, or where the IOMMU reads its
  /// own structures.
  public var everyStep = false
  /// Whether an actor's accesses are merged into turns; for the tests.
  var mergesTurns = true
  /// How many threads search.
  public var threads = 1
  /// How many MiB the search may use.
  public var memory = 2_048
  /// What fingerprints are made from.
  public var seed: UInt64 = 1
  /// Whether states are kept in full, so that no two can be mistaken for one.
  public var isExact = false
  /// Steps to take again, instead of a search.
  public var replay: ReplayToken?
  /// What is told, now and then, how far a search has come.
  public var progress: (@Sendable (SearchProgress) -> Void)?

  /// One thread, 2 GiB, all that makes a search small.
  public init() {}
}

/// How far a search has come.
public struct SearchProgress: Sendable {
  /// How many states were found.
  public var states: Int
  /// How many steps lead to those that are gone on from now.
  public var level: Int
  /// How many states were found and not yet gone on from.
  public var frontier: Int
}
