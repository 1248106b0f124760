// SPDX-License-Identifier: Apache-2.0

/// What a search found.
public enum Verdict: String, Sendable {
  /// Nothing went wrong in any order.
  case safe
  /// Something goes wrong in the order that the timeline shows.
  case violation
  /// The bound on memory was met first, or what the scenario is about never
  /// happened.
  case incomplete
  /// The scenario lies outside what the explorer can search.
  case refused
  /// Executions were drawn at random, and nothing went wrong in any: no proof.
  case noViolationFound
}

/// What a search found, and how far it looked.
public struct Outcome: Sendable {
  /// What was found.
  public var verdict = Verdict.safe
  /// What went wrong, if anything.
  public var oracle = Oracle.none
  /// The frame it went wrong with.
  public var frame = 0
  /// What a program's fault was, in a few words, if there is more to say.
  public var detail: String?
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
  public var happened: Set<CoverageGoal> = []
  /// What did not happen, and had to.
  public var missing: Set<CoverageGoal> = []
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
  /// What the search spared itself.
  public var reductions = Reductions.none
  /// Why it did without what it was allowed and did not apply.
  public var obstacles: [Obstacle] = []
  /// How many steps were taken by other names as well, to see that the code
  /// does not depend on them.
  public var checks = 0
  /// The moves that no actor could begin in any state.
  public var neverBegun: [String] = []
  /// The user's properties that had to hold once and never did.
  public var neverHeld: [String] = []
  /// The user's property that did not hold.
  public var property: String?
  /// What lies outside the machine, if the search was refused.
  public var obstruction: String?
  /// Whether all that begins was shown to end.
  public var liveness = LivenessOutcome.notSearched("the search found a fault")
  /// The locks that the search found to guard the memory of a program.
  var guards: GuardedWords?
  /// What the search spared itself by which the steps were found.
  var pathReductions = Reductions.none
  /// How many of the last actions repeat for ever.
  public var repeatedActions = 0
  /// What an actor did by each of the actions.
  var accesses: [Access] = []
  /// Where the steps of a token and the code part; nil if they do not.
  public var divergence: Divergence?
  /// What executions at random came to; nil if all were searched.
  public var random: RandomOutcome?
  /// Whether it was stopped, and can be continued.
  public var isStopped = false
  /// Why it could not be kept the last time; nil if it could.
  public var checkpointFailure: String?
  /// How long it took.
  public var seconds = 0.0
  /// The largest number of bytes that were in use at once for states.
  public var memory = 0

  /// The same for each state, rounded up; 0 if there is none.
  public var memoryPerState: Int {
    states == 0 ? 0 : (memory + states - 1) / states
  }
}

/// What the search for operations that never end has shown.
public enum LivenessOutcome: Sendable, Equatable {
  /// It was not run, and why.
  case notSearched(String)
  /// In so many states everything that has begun comes to an end.
  case passed(states: Int)
}

/// How to search.
public struct SearchOptions: Sendable {
  /// How walkers are treated.
  public var mode = WalkerMode.mayHold
  /// What the search may spare itself, where the conditions hold.
  public var reductions = Reductions.all
  /// Conditions of reductions that are not checked: for the tests.
  var overlooked: UInt32 = 0
  /// The locks that guard the memory of a program.
  var guards: GuardedWords?
  /// Whether the search is for operations that never end.
  var looksForEndings = false
  var believesOwnership = false
  /// Whether every word of a program is taken for guarded: for the tests.
  var believesGuards = false
  /// Whether a program is taken to stand alike wherever it asks the same: for
  /// the tests.
  var believesStanding = false
  /// Whether the search for endings merges what changes them: for the tests.
  var mergesEndings = false
  /// At most so many states are searched for operations that never end, once
  /// nothing else was found; none to leave that out.
  public var livenessLimit = 400_000
  /// How many bytes of a thread's new states, or of those that it expands, stay
  /// in memory before they go to a file.
  var frontierMemory = 1 << 18
  /// How many threads search.
  public var threads = 1
  /// How many MiB the search may use.
  public var memory = 2_048
  /// What fingerprints are made from.
  public var seed: UInt64 = 1
  /// Whether states are kept in full, so that no two can be mistaken for one.
  public var isExact = false
  /// Executions to draw at random, instead of a search.
  public var random: RandomOptions?
  /// Steps to take again, instead of a search.
  public var replay: ReplayToken?
  /// The file that the search is kept in; nil if it is not.
  public var checkpoint: CheckpointOptions?
  /// Whether the search is to stop and be kept; asked now and then.
  public var isStopped: (@Sendable () -> Bool)?
  /// What was met that prevents a reduction, a bit each, before this search.
  var obstaclesSoFar: UInt32 = 0
  /// Receives, now and then, how far a search has come.
  public var progress: (@Sendable (SearchProgress) -> Void)?

  /// One thread, 2 GiB, all that makes a search small.
  public init() {}
}

/// How far a search has come.
public enum SearchProgress: Sendable {
  /// How many states were found, how many steps lead to those that are gone on
  /// from now, and how many were not yet gone on from.
  case states(Int, level: Int, frontier: Int)
  /// How many of how many executions at random were taken.
  case runs(Int, of: Int)
}
