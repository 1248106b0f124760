// SPDX-License-Identifier: Apache-2.0

/// How often two rules foretell what a worker run gives back, and in what
/// order.
public struct BatchRules: Codable, Equatable, Sendable {
  /// By entry events alone: ``WorkerRun/handedOver``.
  public var entryEvents = Agreement()

  /// By the list's own events: ``WorkerRun/listed``.
  public var listedAndSplice = Agreement()

  /// Makes counts of nothing.
  public init() {}

  /// How often a rule agrees with what was given back.
  public struct Agreement: Codable, Equatable, Sendable {
    /// Runs that the rule says something about.
    public var runs = 0
    /// Runs whose batch is the rule's, members and order.
    public var equal = 0
    /// Runs that agree once the rule's newest few members are left out.
    public var differByNewestOnly = 0

    /// Makes counts of nothing.
    public init() {}

    mutating func compare(_ released: [UInt64], with rule: [UInt64]?) {
      guard let rule else { return }
      runs += 1
      if released == rule {
        equal += 1
      } else if released.count < rule.count,
        released.elementsEqual(rule.suffix(released.count))
      {
        differByNewestOnly += 1
      }
    }
  }

  /// Compares the batch of a run that has ended with both rules.
  mutating func add(_ run: WorkerRun) {
    entryEvents.compare(run.released, with: run.handedOver)
    listedAndSplice.compare(run.released, with: run.listed)
  }
}
