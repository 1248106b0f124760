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
  func load(_ entry: PhysicalAddress) throws(Interruption) -> UInt64

  /// Writes an entry. Shared; releases what was written before it.
  func store(
    _ value: UInt64, to entry: PhysicalAddress
  ) throws(Interruption)

  /// Writes an entry and returns what it was, in one step, so that no
  /// accessed or dirty bit set by a walker is lost. Shared; a full fence.
  func exchange(
    _ value: UInt64, at entry: PhysicalAddress
  ) throws(Interruption) -> UInt64

  /// Writes `desired` if the entry is `expected`; returns what it was. Shared;
  /// a full fence.
  func compareExchange(
    _ entry: PhysicalAddress, expected: UInt64, desired: UInt64
  ) throws(Interruption) -> UInt64

  /// Writes `count` entries of a table that no one can reach yet: `first`,
  /// `first + step`, and so on. Private.
  func fill(
    _ entry: PhysicalAddress, count: Int, first: UInt64, step: UInt64
  ) throws(Interruption)

  // MARK: Descriptors

  /// A word of a frame's descriptor. Shared for `live`; private for the rest,
  /// which only the frame's owner reads.
  func load(
    _ field: DescriptorField, of frame: FrameNumber
  ) throws(Interruption) -> UInt64

  /// Writes a word of the descriptor of a frame that the caller owns. Private.
  func store(
    _ value: UInt64, to field: DescriptorField, of frame: FrameNumber
  ) throws(Interruption)

  /// Writes `desired` if the word is `expected`; returns what it was. Shared;
  /// a full fence.
  func compareExchange(
    _ field: DescriptorField, of frame: FrameNumber,
    expected: UInt64, desired: UInt64
  ) throws(Interruption) -> UInt64

  /// Adds to a word, wrapping, and returns the sum, in one step. Shared; a
  /// full fence.
  func add(
    _ delta: Int64, to field: DescriptorField, of frame: FrameNumber
  ) throws(Interruption) -> UInt64

  // MARK: The kernel's own words

  /// A word of the kernel. Shared; acquires.
  func load(_ word: KernelWord) throws(Interruption) -> UInt64

  /// Writes `desired` if the word is `expected`; returns what it was. Shared;
  /// a full fence.
  func compareExchange(
    _ word: KernelWord, expected: UInt64, desired: UInt64
  ) throws(Interruption) -> UInt64

  /// Writes a word and returns what it was, in one step. Shared; a full fence.
  func exchange(
    _ value: UInt64, at word: KernelWord
  ) throws(Interruption) -> UInt64

  /// Adds to a statistic, wrapping, in one step: no count is lost to an
  /// interrupt or a move to another CPU. Nobody's safety rests on it. Private.
  func count(_ delta: Int64, at word: KernelWord) throws(Interruption)

  /// What was counted at a word: exact while nobody counts, and never below
  /// zero. Shared.
  func counted(at word: KernelWord) throws(Interruption) -> UInt64
}
