// SPDX-License-Identifier: Apache-2.0

public import Fallow
public import FallowMachine

/// Drives a scheme, on the simulated machine, with what a recording says that
/// a kernel did, while devices walk the same tables.
///
/// The library follows Linux's policy: unmapping keeps empty tables, and a
/// table is unlinked and retired only where and when the recording frees one,
/// as a promotion, a live collapse or a lost race of the library's own. What
/// was mapped before the recording began is not guessed; what it implies is in
/// `Prehistory`.
public final class Replay<Scheme: ReclamationScheme, Driver: DeviceExpelling>
where Scheme.P == MachinePlatform, Driver.P == MachinePlatform {
  typealias Space = KernelTree<Driver.Format, Scheme>
  typealias Held = HeldTable<MachinePlatform>

  let recording: Recording
  let options: ReplayOptions
  let subject: ReplayScheme<Scheme>
  let machine: Machine
  let iommus: ReplayIOMMUs<Driver>
  private let startedDriver: StartedDriver<Driver>
  let kernel: Space
  let prehistory: Prehistory
  let directMap: DirectMapBase
  let clock: ReplayClock
  let cpus: RecordedCPUs
  var log: ReplayLog

  /// What is mapped.
  var areas = MappedAreas()
  /// Unlinked tables by the descriptor under which they will be retired.
  var held: [UInt64: Held] = [:]
  /// Unlinked tables that a task will hand over next, in that order.
  var unlinkedByTask: [Int: [Held]] = [:]
  /// Large leaves that wait for a table to make way, by address.
  var waitingLeaves: [UInt64: WaitingLeaf] = [:]
  /// Descriptors of tables that are made for a race that is lost.
  var lostRaces: Set<UInt64> = []
  /// How many stretches were taken where no recorded address is.
  var inventedStretches: UInt64 = 0
  /// Whether the worker is at work, and is to start again when it ends.
  var worker = WorkerState()
  /// Events that wait until there is room for quarantined tables, by index, in
  /// order.
  var waitingEvents: [Int] = []
  /// The shared spaces, by PASID.
  var spaces: [(pasid: PASID, root: FrameNumber)] = []
  /// For how many runs an IOMMU has not answered.
  var silentRuns: [Int: Int] = [:]
  /// What the recording clears later, by the index of the event.
  var lateClears: [Int: [VirtualRange]] = [:]
  /// What is to be cleared when the worker's run ends.
  var clearsAfterRun: [VirtualRange] = []
  /// Entries that still name a table which was handed over or freed.
  var staleEntries: [StaleEntry] = []
  var audit: AnswerAudit
  var chances: RandomNumbers
  /// Which page of a window devices ask for.
  var questions: RandomNumbers
  /// How many leaf frames there are numbers for.
  var dataFramesLeft: UInt64 = 1 << 40 - 1 << 20
  /// Areas that were unmapped, the latest last; only those that devices may
  /// still ask for matter.
  var vanished: [(area: MappedAreas.Area, unmapped: MachineMoment)] = []
  /// The area of the first stale walk, once there was one.
  var staleArea: StaleWalk.Area??
  /// Called with the number of events that have happened.
  private var onProgress: ((Int) -> Void)?

  /// A large leaf and the table in its way.
  struct WaitingLeaf {
    /// What it maps.
    var range: VirtualRange
    /// To where.
    var address: PhysicalAddress
    /// Its level.
    var level: Int
  }

  /// What the worker is doing.
  struct WorkerState {
    var isRunning = false
    /// When it is due, in nanoseconds.
    var due: UInt64?
  }

  /// A replay of a recording on a new machine, under a scheme.
  ///
  /// - Parameters:
  ///   - recording: The recording.
  ///   - options: The machine, its device traffic and its failures.
  ///   - iommus: The machine's IOMMUs and the driver of them.
  ///   - makeSubject: Makes the scheme for the machine that it is passed, and
  ///     for the driver, which starts when it is first asked for.
  /// - Precondition: Devices have TLBs of their own only behind VT-d.
  /// - Complexity: O(events)
  public init(
    of recording: Recording, options: ReplayOptions,
    on iommus: ReplayIOMMUs<Driver>,
    under makeSubject: (Machine, () -> Driver) -> ReplayScheme<Scheme>
  ) {
    self.recording = recording
    self.iommus = iommus
    self.options = options
    var configuration = Machine.Configuration()
    configuration.keepsTables = false
    configuration.architecture = iommus.architecture
    cpus = RecordedCPUs(of: recording.events)
    configuration.cpus = cpus.count
    configuration.iommus = options.iommus
    configuration.seed = options.seed
    configuration.invalidationLatency = options.invalidationLatency
    configuration.requestsPerSecond = options.requestsPerSecond
    configuration.supervisorRequests = options.supervisorRequests
    configuration.failures = options.failures
    configuration.deviceTLBs = options.hasDeviceTLBs
    machine = Machine(configuration)
    let startedDriver = StartedDriver(of: iommus, on: machine)
    self.startedDriver = startedDriver
    subject = makeSubject(machine) { startedDriver.driver }
    prehistory = Prehistory(of: recording)
    directMap = DirectMapBase(of: recording)
    clock = ReplayClock(of: recording.events)
    log = ReplayLog()
    chances = RandomNumbers(seed: options.seed, stream: 100)
    questions = RandomNumbers(seed: options.seed, stream: 101)
    audit = AnswerAudit(
      spaces: options.boundSpaces, walkers: IOMMUSet(first: options.iommus))
    guard let kernel = Space.make(scheme: subject.scheme, emptyTables: .keep)
    else { preconditionFailure("the machine has no frames for a root") }
    self.kernel = kernel
  }

  /// The driver of the machine's IOMMUs.
  var driver: Driver { startedDriver.driver }

  /// Runs the whole recording and returns what came of it.
  ///
  /// - Returns: What the scheme came to.
  /// - Parameter onProgress: Called with the number of events replayed so far.
  /// - Complexity: O(events + device requests)
  public func run(
    onProgress: ((Int) -> Void)? = nil
  ) -> ReplayOutcome {
    self.onProgress = onProgress
    machine.start(at: clock.first)
    machine.recordsEvents = true
    machine.onWorkerScheduled = { [unowned self] in
      workerScheduled(after: $0)
    }
    bindSpaces()
    layPrehistory()
    scheduleEvent(0)
    machine.run(until: clock.last)
    finish()
    return ReplayOutcome(
      result: result(), flow: log.flow, firstStaleWalk: staleWalk())
  }

  // MARK: Events in their time

  /// Lets the event at `index` happen at its time, and the next one after it;
  /// one event may sleep while the next happens.
  private func scheduleEvent(_ index: Int) {
    guard index < recording.events.count else { return }
    let time = clock.time(recording.events[index].time, at: index)
    machine.schedule(at: time) { [unowned self] in
      scheduleEvent(index + 1)
      happen(index)
    }
  }

  func happen(_ index: Int) {
    let event = recording.events[index]
    onProgress?(index + 1)
    noticeStaleWalk()
    machine.actor = MachineActor(
      cpu: Int32(cpus.simulated(event.cpu)),
      task: Int32(truncatingIfNeeded: event.task))
    defer { observeEvents() }
    guard hasRoom(for: index) else { return }
    clearEntries(at: index)
    switch event.payload {
    case .vmap(let start, let end, _):
      map(start, end)
    case .vmapPhysical(let start, let end, let phys, let shift):
      mapPhysical(start, end, phys: phys, shift: shift)
    case .vunmap(let start, let end):
      unmap(start, end)
    case .areaAllocated(let start, let size, let failed):
      if !prehistory.hasMappings && !failed && size > 4096 {
        map(start, start &+ size &- 4096)
      }
    case .areaFreed(let start):
      if !prehistory.hasMappings { unmapArea(at: start) }
    case .pmdFree(let address, _, _):
      makeWay(at: address, level: 2, task: event.task)
    case .pudFree(let address, _, _):
      makeWay(at: address, level: 3, task: event.task)
    case .split(let address, _, let level, _):
      split(address, level: level)
    case .collapse(let address, let ret, let pt, let pt2):
      collapse(address, ret: ret, pt: pt, pt2: pt2)
    case .tableFree(let descriptor, _, _):
      if let table = recording.unpluggedTable(at: index) {
        queueUnplugged(table, as: descriptor)
        handOver(descriptor)
      } else {
        let place = recording.place(ofFreeAt: index)
        handOver(descriptor, place: place, task: event.task)
      }
    case .listed(let descriptor):
      if !options.retiresAtEntry { retire(descriptor) }
    case .hotFree, .freedAtOnce:
      if let table = recording.unpluggedTable(at: index) {
        freeUnplugged(table)
      }
    case .hotMap(let start, let end):
      plug(start, end)
    case .hotUnmap(let start, let end, _):
      unmap(start, end)
    case .vmemmapMap(let start, let end):
      mapBlock(start, end)
    case .splice:
      if takesList(by: .splice) { runAsRecorded(at: index) }
    case .invalidate:
      if takesList(by: .invalidation) { runAsRecorded(at: index) }
    case .workerStart:
      if takesList(by: .start) { runAsRecorded(at: index) }
    default:
      break
    }
  }

  /// Whether the worker's list is taken at events of this kind: the first of
  /// them that the recording has and the options allow.
  private func takesList(by event: Prehistory.RunEvent) -> Bool {
    var events = prehistory.runEvents
    if options.retiresAtEntry { events.remove(.splice) }
    return events.min() == event
  }

  // MARK: The end

  /// Retires what was unlinked and never handed over, lets the worker finish,
  /// and takes note of what is left.
  private func finish() {
    clearStaleEntries(in: Space.addresses)
    for descriptor in held.keys.sorted() {
      if let table = held.removeValue(forKey: descriptor) { retire(table) }
    }
    for task in unlinkedByTask.keys.sorted() {
      for table in unlinkedByTask.removeValue(forKey: task) ?? [] {
        retire(table)
      }
    }
    machine.run(until: machine.now + 1_000_000_000)
    if log.pending > 0 { runWorker() }
    // A walker that a failure left waiting answers, or is expelled, in the end.
    var patience = 64
    while log.pending > 0 && patience > 0 {
      machine.run(until: machine.now + 2 * Self.retryDelay)
      patience -= 1
    }
    observeEvents()
  }
}

extension Replay where Driver == VTd<MachinePlatform> {
  /// A replay of a recording on a new machine with VT-d, under a scheme.
  ///
  /// - Parameters:
  ///   - recording: The recording.
  ///   - options: The machine, its device traffic and its failures.
  ///   - makeSubject: Makes the scheme for the machine that it is passed.
  /// - Complexity: O(events)
  public convenience init(
    of recording: Recording, options: ReplayOptions,
    under makeSubject: (Machine) -> ReplayScheme<Scheme>
  ) {
    self.init(of: recording, options: options, on: .vtd) { machine, _ in
      makeSubject(machine)
    }
  }
}
