// SPDX-License-Identifier: Apache-2.0

/// The memory that the library works on: entries of tables, descriptors of
/// frames, and the kernel's own words.
///
/// ``DirectMapped`` provides all of it for memory that is mapped.
///
/// Accesses that are named a full fence order every earlier access of the CPU
/// before every later one, as a walker and another CPU see them: `lock` or
/// `xchg` on x86-64; on AArch64 an exclusive pair or LSE instruction with
/// acquire and release, followed by `dmb ish` where later plain loads must
/// not pass it; on RISC-V `amo*.aqrl`, or `lr.aqrl` and `sc.rl` followed by
/// `fence rw,rw`. A compare-exchange that does not write only acquires.
public protocol TableMemory: Interruptible {
  // MARK: Table entries

  /// The entry at `entry`. Shared; acquires what the entry's writer released.
  ///
  /// - Parameter entry: The physical address of the entry, a multiple of 8.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func load(_ entry: PhysicalAddress) throws(Interruption) -> UInt64

  /// Writes an entry. Shared; releases what was written before it.
  ///
  /// - Parameters:
  ///   - value: The new entry.
  ///   - entry: The physical address of the entry, a multiple of 8.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func store(
    _ value: UInt64, to entry: PhysicalAddress
  ) throws(Interruption)

  /// Writes an entry and returns what it was, in one step, so that no
  /// accessed or dirty bit set by a walker is lost. Shared; a full fence.
  ///
  /// - Parameters:
  ///   - value: The new entry.
  ///   - entry: The physical address of the entry, a multiple of 8.
  /// - Returns: The entry before the exchange.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func exchange(
    _ value: UInt64, at entry: PhysicalAddress
  ) throws(Interruption) -> UInt64

  /// Writes `desired` if the entry is `expected`; returns what it was. Shared;
  /// a full fence.
  ///
  /// - Parameters:
  ///   - entry: The physical address of the entry, a multiple of 8.
  ///   - expected: What the entry must be for the write to happen.
  ///   - desired: The new entry.
  /// - Returns: The entry before the call; equal to `expected` if it was
  ///   written.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func compareExchange(
    _ entry: PhysicalAddress, expected: UInt64, desired: UInt64
  ) throws(Interruption) -> UInt64

  /// Writes `count` entries of a table that no one can reach yet: `first`,
  /// `first + step`, and so on. Private.
  ///
  /// - Parameters:
  ///   - entry: The physical address of the first entry.
  ///   - count: The number of entries.
  ///   - first: The first entry's value.
  ///   - step: What each further entry adds to the one before.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func fill(
    _ entry: PhysicalAddress, count: Int, first: UInt64, step: UInt64
  ) throws(Interruption)

  /// Writes `count` entries of a table that no one can reach yet: what `entries`
  /// gives for 0, for 1, and so on. Private.
  ///
  /// - Parameters:
  ///   - entry: The physical address of the first entry.
  ///   - count: The number of entries.
  ///   - entries: Returns the entry with a number, from 0.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func fill(
    _ entry: PhysicalAddress, count: Int, with entries: (Int) -> UInt64
  ) throws(Interruption)

  /// Writes zeroes into `count` entries of a table that no one can reach yet, by
  /// the machine's fast way: `rep stosq`, `dc zva`, wide stores. Private.
  ///
  /// - Parameters:
  ///   - entry: The physical address of the first entry.
  ///   - count: The number of entries.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func zero(_ entry: PhysicalAddress, count: Int) throws(Interruption)

  // MARK: Descriptors

  /// Whether a frame has a descriptor; the answer does not change. Private.
  ///
  /// It is asked of frames that the library did not take: of roots that a caller
  /// names, and of what foreign tables point to.
  ///
  /// - Parameter frame: A frame, of any number.
  func hasDescriptor(_ frame: FrameNumber) -> Bool

  /// A word of a frame's descriptor. Shared for `entryCount`; private for the
  /// rest, which only the frame's owner reads.
  ///
  /// - Parameters:
  ///   - field: The word of the descriptor.
  ///   - frame: The frame.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func load(
    _ field: DescriptorField, of frame: FrameNumber
  ) throws(Interruption) -> UInt64

  /// Writes a word of the descriptor of a frame that the caller owns. Private.
  ///
  /// - Parameters:
  ///   - value: The new word.
  ///   - field: The word of the descriptor.
  ///   - frame: The frame, which the caller owns.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func store(
    _ value: UInt64, to field: DescriptorField, of frame: FrameNumber
  ) throws(Interruption)

  /// Writes `desired` if the word is `expected`; returns what it was. Shared;
  /// a full fence.
  ///
  /// - Parameters:
  ///   - field: The word of the descriptor.
  ///   - frame: The frame.
  ///   - expected: What the word must be for the write to happen.
  ///   - desired: The new word.
  /// - Returns: The word before the call; equal to `expected` if it was
  ///   written.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func compareExchange(
    _ field: DescriptorField, of frame: FrameNumber,
    expected: UInt64, desired: UInt64
  ) throws(Interruption) -> UInt64

  /// Adds to a word, wrapping, and returns the sum, in one step. Shared; a
  /// full fence.
  ///
  /// - Parameters:
  ///   - delta: What is added; negative to subtract.
  ///   - field: The word of the descriptor.
  ///   - frame: The frame.
  /// - Returns: The sum.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func add(
    _ delta: Int64, to field: DescriptorField, of frame: FrameNumber
  ) throws(Interruption) -> UInt64

  // MARK: The kernel's own words

  /// A word of the kernel. Shared; acquires.
  ///
  /// - Parameter word: The word.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func load(_ word: KernelWord) throws(Interruption) -> UInt64

  /// Writes `desired` if the word is `expected`; returns what it was. Shared;
  /// a full fence.
  ///
  /// - Parameters:
  ///   - word: The word.
  ///   - expected: What the word must be for the write to happen.
  ///   - desired: The new word.
  /// - Returns: The word before the call; equal to `expected` if it was
  ///   written.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func compareExchange(
    _ word: KernelWord, expected: UInt64, desired: UInt64
  ) throws(Interruption) -> UInt64

  /// Writes a word and returns what it was, in one step. Shared; a full fence.
  ///
  /// - Parameters:
  ///   - value: The new word.
  ///   - word: The word.
  /// - Returns: The word before the exchange.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func exchange(
    _ value: UInt64, at word: KernelWord
  ) throws(Interruption) -> UInt64

  /// Adds to a statistic, wrapping, in one step: no count is lost to an
  /// interrupt or a move to another CPU. Nobody's safety rests on it. Private.
  ///
  /// - Parameters:
  ///   - delta: What is added; negative to subtract.
  ///   - word: The statistic.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func count(_ delta: Int64, at word: KernelWord) throws(Interruption)

  /// What was counted at a word: exact while nobody counts, and never below
  /// zero. Shared.
  ///
  /// - Parameter word: The statistic.
  /// - Returns: The sum of all counts; 0 where it would be negative.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func counted(at word: KernelWord) throws(Interruption) -> UInt64
}

extension TableMemory {
  /// Fills them one by one.
  @inlinable
  public func fill(
    _ entry: PhysicalAddress, count: Int, with entries: (Int) -> UInt64
  ) throws(Interruption) {
    for index in 0..<count {
      try fill(
        entry.advanced(byEntries: index), count: 1, first: entries(index),
        step: 0)
    }
  }

  /// Fills them with zeroes.
  @inlinable
  public func zero(
    _ entry: PhysicalAddress, count: Int
  ) throws(Interruption) {
    try fill(entry, count: count, first: 0, step: 0)
  }
}
