// SPDX-License-Identifier: Apache-2.0

/// A scheme's figures and the first stale walk that happened under it.
public struct ReplayOutcome: Sendable {
  /// The figures.
  public var result: SchemeResult
  /// How tables went through the queue.
  public var flow: TableFlow
  /// The first stale walk; nil if there was none.
  public var firstStaleWalk: StaleWalk?
}
