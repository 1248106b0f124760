// SPDX-License-Identifier: Apache-2.0

/// The CPUs, and what they cache.
///
/// A mix-in for each architecture provides ``publish(_:of:)``:
/// ``X86Processors``, ``AArch64Processors``, ``RISCVProcessors``.
public protocol Processors: Interruptible {
  /// How many CPUs the machine has.
  var cpuCount: Int { get }

  /// What the walkers of the tables can do beyond what their format demands; a
  /// constant, so that checks of it cost nothing.
  var paging: PagingFeatures { get }

  /// The CPU that runs the caller. Private. The caller may have moved on by
  /// the time it looks at the answer.
  ///
  /// - Returns: The number of the CPU, from 0 up to ``cpuCount``.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func currentCPU() throws(Interruption) -> Int

  /// Makes every CPU forget what it cached of `range`, and returns when all
  /// have. Shared. Legal wherever the operation that calls it is legal, but
  /// never called inside a read section.
  ///
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Parameters:
  ///   - range: The virtual addresses.
  ///   - root: The root of the address space, so that a kernel flushes the CPUs
  ///     that run it, under its ASID or PCID; nil for the kernel half, which
  ///     every address space shares.
  ///   - scope: What was cached.
  func flush(
    _ range: VirtualRange, of root: FrameNumber?, _ scope: FlushScope
  ) throws(Interruption)

  /// Makes entries for `range` that were not present, and now are, visible to
  /// this CPU's table walks, and makes the CPUs forget that the entries were not
  /// present, where the architecture allows that to be cached. Shared.
  ///
  /// The library calls it after it stored the entries and before the operation
  /// returns.
  ///
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Parameters:
  ///   - range: The virtual addresses.
  ///   - root: The root of the address space; nil for the kernel half.
  func publish(
    _ range: VirtualRange, of root: FrameNumber?
  ) throws(Interruption)
}

/// What the CPUs are to forget of a range.
@frozen
public enum FlushScope: Equatable, BitwiseCopyable, Sendable {
  /// Translations; pointers to tables may stay.
  case leaves
  /// Translations, and pointers to tables: a table was unlinked.
  case tables
}
