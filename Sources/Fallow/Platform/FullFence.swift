// SPDX-License-Identifier: Apache-2.0

public import Synchronization

/// Accesses that are full fences on every architecture, as ``TableMemory``
/// promises.
///
/// A sequentially consistent access of Swift orders itself among its like. That
/// makes it a full fence on x86-64, where it is locked, and on RISC-V where it
/// is one instruction, `amo*.aqrl`. Where it is a pair of instructions, later
/// loads may pass the second: `stlxr` on AArch64, and on RISC-V `sc.d.rl`, which
/// only a compare-exchange has. A fence follows those: `dmb ish`, and
/// `fence rw, rw`.
///
/// Where AArch64 has FEAT_LSE it is one instruction (`swpal`, `casal`,
/// `ldaddal`) and a full fence if it writes: Arm ARM, DDI 0487, B2.3.7,
/// barrier-ordered-before. A build for such CPUs alone, `-march=armv8.1-a`,
/// defines `FALLOW_LSE`; the language cannot ask for the feature.
extension UnsafeMutablePointer where Pointee == Atomic<UInt64> {
  /// Writes a word and returns what it was: a full fence.
  @inlinable
  @inline(__always)
  func exchangeFenced(_ value: UInt64) -> UInt64 {
    let old = unsafe pointee.exchange(value, ordering: .sequentiallyConsistent)
    #if arch(arm64) && !FALLOW_LSE
      atomicMemoryFence(ordering: .sequentiallyConsistent)
    #endif
    return old
  }

  /// Writes `desired` if the word is `expected`, and returns what it was: a full
  /// fence if it writes; it acquires if not.
  @inlinable
  @inline(__always)
  func compareExchangeFenced(expected: UInt64, desired: UInt64) -> UInt64 {
    let old = unsafe pointee.compareExchange(
      expected: expected, desired: desired,
      ordering: .sequentiallyConsistent
    ).original
    #if arch(arm64) && !FALLOW_LSE || arch(riscv64)
      atomicMemoryFence(ordering: .sequentiallyConsistent)
    #endif
    return old
  }

  /// Adds to a word, wrapping, and returns the sum: a full fence.
  @inlinable
  @inline(__always)
  func addFenced(_ delta: Int64) -> UInt64 {
    let sum = unsafe pointee.wrappingAdd(
      UInt64(bitPattern: delta), ordering: .sequentiallyConsistent
    ).newValue
    #if arch(arm64) && !FALLOW_LSE
      atomicMemoryFence(ordering: .sequentiallyConsistent)
    #endif
    return sum
  }
}
