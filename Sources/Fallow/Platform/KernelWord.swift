// SPDX-License-Identifier: Apache-2.0

/// A word of memory that belongs to the kernel as a whole: a list head or a
/// counter.
///
/// A platform keeps ``count(cpus:)`` of them, all zero at first.
@frozen
public struct KernelWord: Hashable, BitwiseCopyable, Sendable {
  /// The place of the word among the kernel's words.
  public var index: Int

  /// The word at `index`.
  ///
  /// - Parameter index: The place of the word among the kernel's words.
  @inlinable
  public init(index: Int) {
    self.index = index
  }

  /// How many words a platform makes room for: 32 for all, and 32 for each
  /// CPU, so that no two CPUs write to one cache line.
  ///
  /// - Parameter cpus: The number of CPUs.
  @inlinable
  public static func count(cpus: Int) -> Int { 32 &+ 32 &* cpus }

  /// The first table of the parked batches.
  @inlinable
  public static var parked: Self { Self(index: 0) }

  /// The root of the first address space that devices share.
  @inlinable
  public static var sharedSpaces: Self { Self(index: 1) }

  /// Whether the CPUs are to flush before a kernel table is released: 0 if not,
  /// 1 if they are, 2 while they do.
  @inlinable
  public static var flushOwed: Self { Self(index: 3) }

  /// A list head for a scheme that is not the library's own.
  @inlinable
  public static var foreignList: Self { Self(index: 2) }

  /// How many runs of the worker in a row have parked tables: a statistic, by
  /// which the next retry is scheduled.
  @inlinable
  public static var retries: Self { Self(index: 4) }

  /// What ``TableAccounts`` counts of the state with that number.
  ///
  /// - Parameter state: The number of the state.
  /// - Precondition: `0 <= state && state < 16`.
  @inlinable
  public static func account(_ state: Int) -> Self { Self(index: 16 &+ state) }

  /// The first table that `cpu` retired and no worker has taken.
  ///
  /// - Parameter cpu: The CPU's number.
  @inlinable
  public static func retired(by cpu: Int) -> Self {
    Self(index: 32 &+ 32 &* cpu)
  }
}
