import Fallow
import FallowMachine

typealias Scheme = Reclaimer<VTd<MachinePlatform>>
typealias Kernel = KernelTree<X86FourLevel, Scheme>
typealias User = UserTree<X86FourLevel, Scheme>

/// A machine with the library's own scheme and a kernel's space on it.
final class World {
  let machine: Machine
  let scheme: Scheme
  let kernel: Kernel

  private var isRunning = false
  private var isAsked = false

  /// The worker runs that long after it was scheduled, in nanoseconds.
  static var workerDelay: UInt64 { 10_000 }

  init(
    emptyTables: EmptyTables = .free,
    _ change: (inout Machine.Configuration) -> Void = { _ in }
  ) {
    var configuration = Machine.Configuration()
    configuration.frames = 2_048
    change(&configuration)
    machine = Machine(configuration)
    scheme = Reclaimer(sharing: Sharing(driver: machine.driver))
    guard let kernel = Kernel.make(scheme: scheme, emptyTables: emptyTables)
    else { preconditionFailure("too few frames") }
    self.kernel = kernel
    machine.onWorkerScheduled = { [unowned self] delay in
      machine.schedule(at: machine.now + max(delay, Self.workerDelay)) {
        self.work()
      }
    }
  }

  /// Runs the worker, once more if it is asked while it runs.
  private func work() {
    isAsked = true
    if isRunning { return }
    isRunning = true
    while isAsked {
      isAsked = false
      scheme.reclaim()
    }
    isRunning = false
  }

  var platform: MachinePlatform { machine.platform }
  var statistics: MachineStatistics { machine.statistics }

  /// A space of its own, for devices behind the first `iommus`.
  @discardableResult
  func share(
    _ pasid: UInt32 = 1, iommus: Int = 1
  ) -> User {
    let user = makeUser()
    for iommu in 0..<iommus {
      precondition(bind(user, pasid, iommu) == .bound)
    }
    return user
  }

  /// Shares a space with the device behind an IOMMU, which begins to use it.
  func bind(_ user: User, _ pasid: UInt32 = 1, _ iommu: Int = 0) -> BindOutcome
  {
    let device = machine.device(iommu)
    let outcome = scheme.bind(user.root, to: device, as: PASID(pasid))
    machine.startWork(device, as: PASID(pasid))
    return outcome
  }

  /// Ends what ``bind(_:_:_:)`` began.
  func unbind(
    _ user: User, _ pasid: UInt32 = 1, _ iommu: Int = 0
  ) -> LeaveOutcome {
    let device = machine.device(iommu)
    machine.stopWork(device, as: PASID(pasid))
    return scheme.unbind(user.root, from: device, as: PASID(pasid))
  }

  func makeUser() -> User {
    guard let user = User.make(copying: kernel) else {
      preconditionFailure("too few frames")
    }
    return user
  }

  /// Maps `pages` frames of their own at `address` in the kernel half.
  @discardableResult
  func map(
    _ address: UInt64, pages: Int = 1,
    attributes: LeafAttributes = .kernelData
  ) -> VirtualRange {
    let range = pageRange(address, pages)
    let frames = machine.allocateData(frames: pages)
    let outcome = kernel.map(
      range, to: frames.address, attributes: attributes)
    precondition(outcome == nil)
    return range
  }

  /// Maps `pages` frames of their own at `address` in a user half, and returns
  /// the first.
  @discardableResult
  func mapUser(
    _ user: User, _ address: UInt64, pages: Int = 1,
    attributes: LeafAttributes = .userData
  ) -> FrameNumber {
    let frames = machine.allocateData(frames: pages)
    var unlinked = UnlinkedTables<MachinePlatform, UserHalf>(on: platform)
    let outcome = user.map(
      pageRange(address, pages), to: frames.address, attributes: attributes,
      into: &unlinked)
    precondition(outcome == nil && unlinked.isEmpty)
    return frames
  }

  /// A device's access.
  @discardableResult
  func access(
    _ address: UInt64, isWrite: Bool = false, pasid: UInt32 = 1,
    iommu: Int = 0
  ) -> AccessResult {
    machine.deviceAccess(
      machine.device(iommu), pasid: PASID(pasid), VirtualAddress(address),
      isWrite: isWrite)
  }

  /// Whether an access needs no walk.
  func isCached(_ address: UInt64, pasid: UInt32 = 1, iommu: Int = 0) -> Bool {
    let walks = statistics.walks
    access(address, pasid: pasid, iommu: iommu)
    return statistics.walks == walks
  }

  /// Invalidates and waits.
  func invalidate(
    _ range: VirtualRange?, leavesOnly: Bool = false, pasid: UInt32 = 1,
    iommu: Int = 0
  ) {
    let driver = machine.driver
    driver.submit(
      InvalidationRequest(
        pasid: PASID(pasid), range: range, leavesOnly: leavesOnly), to: iommu)
    _ = driver.wait(for: driver.fence(iommu), on: iommu)
  }

  /// The entry of the table of `level` that leads to `address`.
  func slot(
    _ address: UInt64, level: Int, root: FrameNumber
  ) -> PhysicalAddress {
    var table = root
    let address = VirtualAddress(address)
    for here in stride(from: X86FourLevel.levels, to: level, by: -1) {
      let entry = platform.load(
        X86FourLevel.slot(for: address, in: table, level: here))
      table = FrameNumber(
        containing: X86FourLevel.address(in: entry, level: here))
    }
    return X86FourLevel.slot(for: address, in: table, level: level)
  }

  /// The table of `level` that leads to `address`.
  func table(_ address: UInt64, level: Int, root: FrameNumber) -> FrameNumber {
    FrameNumber(containing: slot(address, level: level, root: root))
  }
}

/// `pages` pages from `address` on.
func pageRange(_ address: UInt64, _ pages: Int) -> VirtualRange {
  VirtualRange(
    start: VirtualAddress(address), size: UInt64(pages) * FrameNumber.size)
}

/// An address of the kernel half.
let kernelAddress: UInt64 = 0xffff_c900_0000_0000
/// An address of the user half.
let userAddress: UInt64 = 0x4000_0000
/// Bits of an entry, as Linux names them in `pgtable_types.h`.
let accessedBit: UInt64 = 1 << 5
let dirtyBit: UInt64 = 1 << 6

extension World {
  /// Gives a batch back by the library's own invalidation.
  func keep(_ batch: consuming Batch<MachinePlatform, UserHalf>) {
    batch.invalidated(by: scheme.sharing).release()
  }
}
