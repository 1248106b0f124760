/// What the library asks of the machine below it.
///
/// **Guarantee.** Whatever a walker or another CPU could see of the library,
/// it does through this protocol; between two accesses it touches nothing
/// that they could see. So the code that ships can be run on a real kernel's
/// direct map, on a simulated machine, and, one access at a time, in every
/// order that a search can think of.
///
/// A platform is a small copyable handle. Whatever changes lives behind it,
/// and every access is nonmutating.
///
/// ## Interruption
///
/// An access may throw ``Interruption``. On a kernel that type is `Never` and
/// nobody writes `try`. A machine that searches interleavings throws after one
/// access, and later runs the operation again from its start, answering the
/// accesses it already made from a log. This is sound because an operation is
/// a function of its arguments and of the results of its accesses, and holds
/// nothing from one operation to the next.
///
/// ## Shared and private accesses
///
/// An access is *shared* when another CPU or a walker may take notice of it,
/// and *private* when the caller is the only one that could: a table that is
/// not linked yet, the links of a batch that one owns, a statistic. Each
/// requirement says which it is. A search gives others a turn at shared
/// accesses only.
public protocol Platform: BitwiseCopyable, Sendable {
  /// What an access throws to stop the operation in its middle; `Never` on a
  /// machine that runs it through.
  associatedtype Interruption: Error = Never

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

  // MARK: Frames

  /// Takes a block of `2^order` frames, or returns `FrameNumber.none`. Shared;
  /// never sleeps.
  func allocate(order: Int) throws(Interruption) -> FrameNumber

  /// Gives a block back; anyone may own it from here on, and sees what was
  /// written before. Shared; never sleeps.
  func free(_ block: FrameNumber, order: Int) throws(Interruption)

  /// Gives back frames that lie side by side, each a block of order 0.
  /// Shared; never sleeps.
  func free(_ first: FrameNumber, count: Int) throws(Interruption)

  // MARK: CPUs

  /// How many CPUs the machine has.
  var cpuCount: Int { get }

  /// The CPU that runs the caller. Private. The caller may have moved on by
  /// the time it looks at the answer.
  func currentCPU() throws(Interruption) -> Int

  /// Makes every CPU forget what it cached of `range`, leaves and tables, and
  /// returns when all have. Shared. Legal wherever the operation that calls it
  /// is legal.
  func flushCPUs(_ range: VirtualRange) throws(Interruption)

  /// Begins a stretch in which the caller reads tables that it did not lock.
  /// It does not sleep before it leaves. Shared; a full fence where
  /// ``readersHaveLeft()`` can tell.
  func enterReadSection() throws(Interruption)

  /// Ends the stretch. Shared.
  func leaveReadSection() throws(Interruption)

  /// Returns when every read section that had begun has ended. Shared; sleeps.
  func awaitReaders() throws(Interruption)

  /// Whether every read section that had begun has ended. Shared; never
  /// sleeps. A platform that cannot tell says false: tables then wait for the
  /// worker.
  func readersHaveLeft() throws(Interruption) -> Bool

  // MARK: IOMMUs

  /// A register of an IOMMU. Shared; acquires what the IOMMU wrote before it
  /// set the register.
  func load(_ register: IOMMURegister) throws(Interruption) -> UInt64

  /// Writes a register of an IOMMU. Shared; everything that was written before
  /// is visible to what the IOMMU does about it.
  func store(
    _ value: UInt64, to register: IOMMURegister
  ) throws(Interruption)

  /// Returns when what it waits for has come about, or when the platform's
  /// patience is at its end: the caller looks which. Shared; sleeps.
  func await(_ condition: IOMMUCondition) throws(Interruption)

  /// Makes a device unable to issue requests, and returns when none that it
  /// issued is under way: bus mastering and ATS off, a reset. Shared; sleeps.
  func isolate(_ device: Device) throws(Interruption)

  // MARK: Scheduling

  /// Takes a lock, waiting for it. Shared.
  func lock(_ lock: KernelLock) throws(Interruption)

  /// Gives a lock back. Shared.
  func unlock(_ lock: KernelLock) throws(Interruption)

  /// Makes the worker run in `delay` nanoseconds, once more if it is running;
  /// a call never puts off a run that is due earlier. Shared; never sleeps,
  /// legal with interrupts off. Whatever the caller wrote before it is visible
  /// to that run.
  func scheduleWorker(after delay: UInt64) throws(Interruption)

  /// The head of a loop that tries again: nothing is carried from one turn to
  /// the next.
  func attempt() throws(Interruption)

  // MARK: What must not happen

  /// A token was dropped while it still held `frame`. A hosted platform traps;
  /// one that is built for a kernel calls an undefined symbol, so that code
  /// which can drop a token does not link.
  func dropped(_ frame: FrameNumber)

  /// A descriptor is not in the state that the operation demands; the caller
  /// handed in a frame it does not own. Does not return.
  func fault(
    _ fault: LifecycleFault, at frame: FrameNumber
  ) throws(Interruption) -> Never
}

extension Platform {
  /// One by one: an allocator that merges may do better.
  @inlinable
  public func free(
    _ first: FrameNumber, count: Int
  ) throws(Interruption) {
    for offset in 0..<UInt64(count) {
      try free(FrameNumber(first.rawValue &+ offset), order: 0)
    }
  }
}
