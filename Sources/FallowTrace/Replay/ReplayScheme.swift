// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// A scheme as a replay runs it: what it is called and how the rest of its
/// kernel behaves.
public struct ReplayScheme<Scheme: ReclamationScheme> {
  /// When the scheme's worker runs.
  public enum Worker: Sendable {
    /// When the recording says so, or when the run before has ended.
    case asRecorded
    /// Some time after it was scheduled.
    case whenScheduled
  }

  /// In which order the kernel's memory hot-unplug frees a table and clears
  /// the entry that points to it.
  public enum Unplug: Sendable {
    /// Past the scheme, before the entry is cleared: as recorded.
    case freesThenClears
    /// Like any other table: unlinked, then retired.
    case unlinksThenRetires
  }

  /// What it is called.
  public var name: String
  /// Whether it claims that no walker reaches a table that was released.
  public var claimsSafety: Bool
  /// When its worker runs.
  public var worker: Worker
  /// How its kernel unplugs memory.
  public var unplug: Unplug
  /// The scheme itself.
  public var scheme: Scheme

  /// Describes `scheme`.
  ///
  /// - Parameters:
  ///   - scheme: The scheme.
  ///   - name: Its name in reports.
  ///   - claimsSafety: Whether a stale walk under it is an error.
  ///   - worker: When its worker runs.
  ///   - unplug: How it frees the tables of unplugged memory.
  public init(
    _ scheme: Scheme, name: String, claimsSafety: Bool, worker: Worker,
    unplug: Unplug
  ) {
    self.scheme = scheme
    self.name = name
    self.claimsSafety = claimsSafety
    self.worker = worker
    self.unplug = unplug
  }
}
