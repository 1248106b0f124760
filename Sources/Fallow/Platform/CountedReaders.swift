// SPDX-License-Identifier: Apache-2.0

public import Synchronization

/// Read sections for several CPUs, counted in the kernel's own words.
///
/// **What it promises.** All of ``Readers``. A section is one atomic addition at
/// each end, to a word in a cache line of the CPU's own; sections nest, and an
/// interrupt handler may have its own. ``Readers/awaitReaders()`` looks at each
/// CPU until the sections that it found have ended; one that begins later does
/// not delay it. ``Readers/readersHaveLeft()`` sees the caller's own section
/// too, so it is false for an interrupt handler within one.
///
/// The caller keeps its CPU until it leaves: the kernel does not preempt a read
/// section, or gives the CPU back to it.
public protocol CountedReaders: DirectMapped, Readers {}

extension CountedReaders {
  /// How deep the CPU is in read sections, in the lower bits of its word; the
  /// rest counts those that ended.
  @inlinable
  static var depth: UInt64 { 0xffff }

  @inlinable
  func sections(of cpu: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
    unsafe directMap.word(.readSections(of: cpu))
  }

  /// One deeper: a full fence, so that a table that is read in the section was
  /// not released before it.
  @inlinable
  public func enterReadSection() {
    _ = unsafe sections(of: currentCPU()).addFenced(1)
  }

  /// One less deep, and the last of nested sections is counted as ended.
  ///
  /// A release: what the section read is read before.
  @inlinable
  public func leaveReadSection() {
    let word = unsafe sections(of: currentCPU())
    // An interrupt between the two leaves the word as it was in its lower bits,
    // and counts nothing: it is nested here.
    let isLast = unsafe word.pointee.load(ordering: .relaxed) & Self.depth == 1
    unsafe word.pointee.wrappingAdd(
      isLast ? Self.depth : ~0, ordering: .releasing)
  }

  /// Waits for each CPU that is in a section until that section has ended.
  ///
  /// - Complexity: O(CPUs), and the time that sections take.
  public func awaitReaders() {
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    for cpu in 0..<cpuCount {
      let word = unsafe sections(of: cpu)
      let found = unsafe word.pointee.load(ordering: .acquiring)
      if found & Self.depth == 0 { continue }
      while true {
        let now = unsafe word.pointee.load(ordering: .acquiring)
        if now & Self.depth == 0 || now & ~Self.depth != found & ~Self.depth {
          break
        }
      }
    }
  }

  /// Whether no CPU is in a section, the caller's included.
  ///
  /// - Complexity: O(CPUs)
  public func readersHaveLeft() -> Bool {
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    for cpu in 0..<cpuCount {
      let found = unsafe sections(of: cpu).pointee.load(ordering: .acquiring)
      if found & Self.depth != 0 { return false }
    }
    return true
  }
}

extension KernelWord {
  /// How deep `cpu` is in read sections, and how many have ended there.
  ///
  /// For ``CountedReaders``; no other CPU writes to its cache line.
  @inlinable
  static func readSections(of cpu: Int) -> Self {
    Self(index: 32 &+ 32 &* cpu &+ 8)
  }
}
