// SPDX-License-Identifier: Apache-2.0

/// What a recording leaves open: what is missing from it, and what does not fit
/// together.
public struct RecordedEvidence: Codable, Equatable, Sendable {
  /// Whether the recording says when the worker ran.
  public var hasWorkerEvents = false
  /// Tables that no recorded free had handed over, or that went back outside of
  /// a worker run where runs are recorded.
  public var releasedByOthers = 0
  /// Worker runs that gave tables back without a recorded invalidation.
  public var runsWithoutInvalidation = 0
  /// Tables that were handed over, and that a worker run that began later did
  /// not give back before it ended.
  public var neverReleased = 0
  /// Tables of unplugged memory of which the recording does not say how they
  /// went back.
  public var unknownRoutes = 0

  /// Evidence that leaves nothing open but the worker's runs.
  public init() {}
}
