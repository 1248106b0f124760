// SPDX-License-Identifier: Apache-2.0

/// How executions are drawn at random, for what is too large to be searched.
///
/// An execution begins a number of operations and lets what has begun come to
/// its end.
public struct RandomOptions: Sendable {
  /// How the actor that goes on is chosen.
  public enum Strategy: String, CaseIterable, Sendable {
    /// Any that can go on, all with the same probability.
    case uniform
    /// The one of the highest priority, by priorities that are drawn and
    /// change at a few points of the execution (PCT).
    case pct
  }

  /// How the actor that goes on is chosen.
  public var strategy = Strategy.pct
  /// How many executions there are.
  public var runs = 1_000
  /// How many operations each execution begins, without the worker's.
  public var operations = 12
  /// For PCT: how many orderings of steps a violation needs at most; the
  /// priority changes at one point less.
  public var depth = 3
  /// Whether executions go on after one that found a violation.
  public var takesAllRuns = false
  /// Which of the executions are taken here.
  public var shard = Shard.whole

  /// A thousand executions by PCT.
  public init() {}
}

/// What executions at random came to.
public struct RandomOutcome: Equatable, Sendable {
  /// How many executions were taken.
  public var runs = 0
  /// In how many of them something went wrong.
  public var violations = 0
  /// The number of the first of these, from 0, of all shards' executions.
  public var firstViolation: Int?
  /// How many were cut, because they did not come to an end.
  public var unfinished = 0
}
