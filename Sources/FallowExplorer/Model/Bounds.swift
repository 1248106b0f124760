// SPDX-License-Identifier: Apache-2.0

/// How large the machine of a search is.
public struct Bounds: Equatable, Sendable {
  /// CPUs that run operations.
  public var cpus = 1
  /// Stretches of addresses that operations work on.
  public var slots = 1
  /// Frames for tables, besides the root's.
  public var frames = 2
  /// IOMMUs.
  public var iommus = 1
  /// Address spaces that devices behind every IOMMU share.
  public var pasids = 1
  /// Whether each IOMMU has a device with a TLB of its own.
  public var ats = false
  /// Whether an IOMMU may fail to answer.
  public var mayFail = false
  /// Whether it does so once at most.
  public var failsOnce = false
  /// Whether a failure before the wait is queued goes unnoticed.
  public var forgetsFailures = false
  /// Whether no device shares a space at first.
  public var startsUnshared = false
  /// Whether the one IOMMU reads structures and a queue of its manual from
  /// memory, and the driver that ships speaks to it; if so, of which manual.
  public var structures = IOMMUStructures.none
  /// Whether the device behind such an IOMMU shares the first space alone at
  /// first, and leaves the others without ever having joined.
  public var sharesFirstSpaceAlone = false
  /// Whether a write to a register of such an IOMMU may take effect later, so
  /// that its driver has to wait for it.
  public var registersLag = false
  /// Whether the driver sends every invalidation twice, where it knows how to:
  /// see ``CacheRules/keepsWhatIsInvalidatedOnce``.
  public var repeatsInvalidations = false
  /// How many commands fit into such a queue before its driver looks how far
  /// the IOMMU is; at most as many as a frame holds.
  public var queueRoom = 255
  /// Whether it is kept which leaves a walker may write through, for
  /// ``SlotState/readOnly``.
  public var keepsRights = false
  /// Whether empty tables stay linked.
  public var keepsEmptyTables = false
  /// How many stores may wait in a CPU's buffer until others see them; none if
  /// memory is sequentially consistent.
  public var storeBuffers = 0
  /// Levels of the tables.
  public var levels = 2
  /// The binary logarithm of the entries of a table.
  public var indexBits = 1
  /// Interrupts that may come to CPU 0, each when the one before is done.
  public var interrupts = 0
  /// Whether they come to every CPU in turn: the first to CPU 0, the second to
  /// CPU 1.
  public var interruptsOnEachCPU = false
  /// Whether an operation may go on on another CPU, unless it is in a read
  /// section, holds a spin lock or has its interrupts off.
  public var migrates = false
  /// Whether there is an actor for ``SteppingMachine/callAfterReaders(_:)``.
  public var callbacks = false

  /// Whether CPUs walk the tables; if not, only IOMMUs do.
  public var cpusWalk = true
  /// Whether it is kept apart what each CPU caches, so that one can flush what
  /// it caches itself and others keep theirs.
  public var cpusCacheApart = false
  /// The CPUs that walk the tables at first, a bit each; the worker's comes
  /// after the others.
  public var walkingCPUs: UInt8 = .max
  /// Whether IOMMUs read tables through the CPUs' caches; if not, what a CPU
  /// stores is there for them once ``SteppingMachine/writeBack(_:count:)`` was
  /// called, and may be there earlier.
  public var iommusSnoop = true
  /// Whether walkers set the accessed and the dirty bit of leaves.
  public var walkersSetBits = false
  /// Under how many numbers CPUs cache what they read: ASIDs, or PCIDs.
  public var asids = 1
  /// Whether it is kept where the leaves lead that CPUs hold, for
  /// ``SteppingMachine/access(_:isWrite:)``.
  public var keepsTranslations = false
  /// Words of the kernel's own, from `KernelWord.parked` on.
  public var words = 8
  /// Words that each CPU has, from its `KernelWord.retired(by:)` on.
  public var wordsPerCPU = 1

  /// The memory of a program that brings its own; none for code over the
  /// machine's words.
  package var memory = MemoryBounds()

  /// The smallest machine: one CPU, one slot, two frames, one IOMMU.
  public init() {}
}
