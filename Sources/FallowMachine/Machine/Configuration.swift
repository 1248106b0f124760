// SPDX-License-Identifier: Apache-2.0

extension Machine {
  /// How a machine is built.
  public struct Configuration: Equatable, Sendable {
    /// How device requests are spaced.
    public enum Arrivals: Equatable, Sendable {
      /// At random, independent of each other: a Poisson process.
      case poisson
      /// At a fixed interval.
      case regular
    }

    /// What the CPUs walk, and which IOMMUs there are.
    public var architecture = Architecture.x86

    /// What RISC-V IOMMUs can do, and what they cache.
    public var riscvIOMMU = RISCVIOMMUConfiguration()

    /// What SMMUv3s can do, what they cache, and which errata they have.
    public var smmu = SMMUv3Configuration()

    /// Whether an IOMMU carries out the commands between two waits in reverse
    /// order: both manuals' queues keep the order of waits only.
    public var executesOutOfOrder = false

    /// How many CPUs there are.
    public var cpus = 2

    /// How many frames of memory tables may be made from.
    public var frames = 1 << 16

    /// Whether the ledger keeps every table that ever was, or the last two of
    /// each frame.
    public var keepsTables = true

    /// How many IOMMUs there are: at most 32.
    public var iommus = 1

    /// What every random choice is derived from.
    public var seed: UInt64 = 1

    /// How long an IOMMU works on a descriptor of its queue, in nanoseconds.
    public var invalidationLatency: UInt64 = 1_000

    /// The same for single IOMMUs that are faster or slower, by number.
    public var latencies: [Int: UInt64] = [:]

    /// For how long someone waits for an IOMMU before giving up, in
    /// nanoseconds.
    public var patience: UInt64 = 1_000_000

    /// What goes wrong with invalidations; nil if nothing does.
    public var failures: FailureRate?

    /// Whether walks of the IOMMUs snoop the CPUs' caches.
    public var snoopsWalks = true

    /// The largest block of pages that a request may name, as a power of two:
    /// MAMV.
    public var maxAddressMask: UInt64 = 36

    /// The width of the PASIDs that an IOMMU looks up; 0 for none.
    public var pasidBits = 20

    /// Whether an IOMMU may cache that a device or a PASID has no entry: VT-d's
    /// caching mode, as an emulated one has it.
    public var cachesAbsence = false

    /// Whether a CPU may cache that an entry is not present: RISC-V, where not
    /// every hart has Svvptc.
    ///
    /// It forgets so at an `SFENCE.VMA`, which is what `publish` executes on the
    /// CPU that made the entry.
    public var cachesNotPresent = false

    /// Whether devices cache translations themselves: ATS.
    public var deviceTLBs = false

    /// How many requests all devices together issue a second; 0 for none.
    public var requestsPerSecond: UInt64 = 0

    /// How those are spaced.
    public var arrivals = Arrivals.poisson

    /// Whether devices issue requests of supervisor privilege, not user.
    public var supervisorRequests = false

    /// The share of the requests that go to user mappings, 0 to 1.
    public var userShare = 0.25

    /// For how long after it vanished an area is still asked for, in
    /// nanoseconds.
    public var recentWindow: UInt64 = 10_000_000

    /// For how long the next owner of a released frame keeps it, in
    /// nanoseconds.
    public var ownerKeeps: UInt64 = 50_000_000

    /// How many leaves an IOTLB holds; invented, as manuals give no number.
    public var iotlbEntries = 1_024

    /// How many pointers the paging-structure cache of an IOMMU holds for each
    /// level; invented likewise.
    public var structureEntries = 64

    /// Whether walkers cache pointers to tables at all.
    public var cachesStructures = true

    /// Whether a store through a leaf that was cached without its dirty bit
    /// walks again, to set it.
    public var walksToSetDirty = true

    /// What QEMU 10.0.2's VT-d does where the specification has it otherwise.
    ///
    /// There are no paging-structure caches, so that the invalidation hint
    /// says nothing, and a store through an entry that a load cached leaves
    /// the dirty bit clear. Every request has user privilege, as here. What
    /// the machine leaves out: QEMU reads the PASID table at every miss, wants
    /// the user bit at every level before it goes on, keeps one fault record,
    /// and works off its queue within the store that rings the bell.
    public static var qemu: Self {
      var configuration = Self()
      configuration.cachesStructures = false
      configuration.walksToSetDirty = false
      configuration.invalidationLatency = 0
      return configuration
    }

    /// A machine of 2 CPUs and one IOMMU, whose devices are silent.
    public init() {}
  }
}
