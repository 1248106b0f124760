// SPDX-License-Identifier: Apache-2.0

import Fallow

/// A simulated machine that the library runs on.
///
/// It has memory, CPUs and IOMMUs with caches, devices that issue requests,
/// and a clock of its own. It is run by one thread, and everything that it
/// does follows from its configuration and from the calls on it: the same seed,
/// the same run.
///
/// It keeps a ledger of each frame's owner, and counts every use of an entry
/// of a table that is no longer one.
public final class Machine {
  /// How it was built.
  public let configuration: Configuration

  /// Simulated time, in nanoseconds.
  public internal(set) var now: UInt64 {
    get { time[0] }
    _modify { yield &time[0] }
  }

  /// On which CPU, and in which task, the code runs that calls the library.
  public var actor = MachineActor(cpu: 0, task: 0)

  /// Called when the library schedules its worker, with the delay in
  /// nanoseconds; it does not run the worker itself.
  public var onWorkerScheduled: (_ delay: UInt64) -> Void = { _ in }

  /// Called after each store to a word that a walker may read: what devices and
  /// IOMMUs do just then.
  public var onStore: (() -> Void)?

  /// Whether ``events`` is kept.
  public var recordsEvents = false

  /// What happened, in order, while ``recordsEvents`` was set.
  public internal(set) var events: [MachineEvent] = []

  /// What was counted.
  public internal(set) var statistics: MachineStatistics {
    get { counts[0] }
    _modify { yield &counts[0] }
  }

  /// The first time a walker read an entry of a table that was no longer one.
  public internal(set) var firstStaleWalk: StaleUse?

  /// The first time a device reached a leaf frame that had a new owner.
  public internal(set) var firstStaleAccess: StaleUse?

  /// The owner of each frame.
  public let ledger: Ledger

  // Device requests change these two, tens of millions of times in a run: in
  // memory of their own, no access to them is checked for exclusivity.
  private let time = FixedBuffer<UInt64>(repeating: 0, count: 1)
  private let counts = FixedBuffer(repeating: MachineStatistics(), count: 1)

  let memory: PhysicalMemory
  let descriptors: DescriptorTable
  let descriptorMemory: FixedBuffer<UInt64>
  let words: FixedBuffer<UInt64>
  var allocator: BuddyAllocator
  var data: DataRegions
  var owners: UInt32 = 0
  var fillNumbers: RandomNumbers

  var eventQueue = EventQueue()
  var requests: RequestClock
  var places: RandomNumbers
  let userThreshold: UInt64
  var kernelAreas = AreaSet()
  var userAreas = UserAreas()

  // Domain and PASID of each tag, and the other way round.
  var tagNames: [UInt64] = []
  var tags: [UInt64: UInt32] = [:]
  var iommus: [SimulatedIOMMU]
  var devices: [Device: SimulatedDevice] = [:]
  var work: [DeviceWork] = []
  var startedDriver: VTd<MachinePlatform>?
  var isStarting = false
  var cpus: [SimulatedCPU]

  var openReadSections = 0
  var heldLocks: UInt64 = 0
  var preemption: (() -> Void)?

  /// Builds a machine.
  ///
  /// - Parameter configuration: CPUs, IOMMUs, devices, memory and seed.
  public init(_ configuration: Configuration = Configuration()) {
    precondition(
      configuration.cpus > 0 && (0...32).contains(configuration.iommus)
        && configuration.frames > 0,
      "no such machine can be built")
    self.configuration = configuration
    let seed = configuration.seed
    ledger = Ledger(
      frames: configuration.frames, keepsTables: configuration.keepsTables)
    memory = PhysicalMemory(frames: configuration.frames)
    descriptorMemory = FixedBuffer(
      repeating: 0, count: configuration.frames * DescriptorTable.words)
    descriptors = DescriptorTable(
      in: descriptorMemory, frameCount: configuration.frames)
    words = FixedBuffer(
      repeating: 0, count: KernelWord.count(cpus: configuration.cpus))
    allocator = BuddyAllocator(over: descriptors, zone: .first)
    do {
      try allocator.add(FrameNumber(0), count: configuration.frames)
    } catch {
      fatalError("\(error)")
    }
    data = DataRegions(above: UInt64(configuration.frames))
    fillNumbers = RandomNumbers(seed: seed, stream: 3)
    requests = RequestClock(configuration)
    places = RandomNumbers(seed: seed, stream: 2)
    userThreshold = UInt64(configuration.userShare * 0x1p53)
    iommus = (0..<configuration.iommus).map {
      SimulatedIOMMU(
        translations: WalkerCaches(
          leaves: configuration.iotlbEntries,
          structures: configuration.structureEntries, seed: seed,
          stream: 16 + UInt64($0)),
        latency: configuration.latencies[$0]
          ?? configuration.invalidationLatency,
        chances: RandomNumbers(seed: seed, stream: 256 + UInt64($0)))
    }
    cpus = (0..<configuration.cpus).map {
      SimulatedCPU(
        caches: WalkerCaches(
          leaves: 1_024, structures: 32, seed: seed, stream: 64 + UInt64($0)))
    }
  }

  deinit {
    time.deallocate()
    counts.deallocate()
    memory.deallocate()
    descriptorMemory.deallocate()
    words.deallocate()
    for iommu in iommus { iommu.translations.deallocate() }
    for device in devices.values { device.tlb?.deallocate() }
    for cpu in cpus { cpu.caches.deallocate() }
  }

  /// The CPU that runs the caller of the library.
  public var currentCPU: Int {
    get { Int(actor.cpu) }
    set { actor.cpu = Int32(newValue) }
  }

  /// Returns ``events`` and empties it.
  public func takeEvents() -> [MachineEvent] {
    defer { events.removeAll(keepingCapacity: true) }
    return events
  }
}
