// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine

/// A machine with the library's own scheme over a driver of its IOMMUs, and a
/// kernel's space on it.
class MachineWorld<Driver: IOMMUDriver, Format: PageTableFormat>
where Driver.P == MachinePlatform {
  typealias Scheme = Reclaimer<Driver>
  typealias Kernel = KernelTree<Format, Scheme>
  typealias User = UserTree<Format, Scheme>

  let machine: Machine
  let scheme: Scheme
  let kernel: Kernel

  private var isRunning = false
  private var isAsked = false

  /// The worker runs that long after it was scheduled, in nanoseconds, or later
  /// if it is to be later.
  class var workerDelay: UInt64 { 10_000 }

  /// What leaves of the kernel half are, if a test does not say.
  var kernelAttributes: LeafAttributes { .kernelData }

  init(
    _ machine: Machine, driver: Driver, emptyTables: EmptyTablePolicy = .free
  ) {
    self.machine = machine
    scheme = Reclaimer(sharing: Sharing(driver: driver))
    guard let kernel = Kernel.make(scheme: scheme, emptyTables: emptyTables)
    else { preconditionFailure("too few frames") }
    self.kernel = kernel
    machine.onWorkerScheduled = { [unowned self] delay in
      machine.schedule(
        at: machine.now + max(delay, Self.workerDelay)
      ) { self.work() }
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
  var device: Device { machine.device(0) }

  /// Lets the worker run and IOMMUs answer.
  func settle() {
    machine.run(until: machine.now + 10_000_000)
  }

  func makeUser() -> User {
    guard let user = User.make(copying: kernel) else {
      preconditionFailure("too few frames")
    }
    return user
  }

  /// Shares a space with the device behind an IOMMU, which begins to use it.
  func bind(
    _ user: User, as number: PASID, behind iommu: Int = 0
  ) -> BindOutcome {
    let device = machine.device(iommu)
    let outcome = scheme.bind(user.root, to: device, as: number)
    machine.startWork(device, as: number)
    return outcome
  }

  /// Ends what ``bind(_:as:behind:)`` began.
  func unbind(
    _ user: User, as number: PASID, behind iommu: Int = 0
  ) -> LeaveOutcome {
    let device = machine.device(iommu)
    machine.stopWork(device, as: number)
    return scheme.unbind(user.root, from: device, as: number)
  }

  /// Maps `pages` frames of their own at `address` in the kernel half.
  @discardableResult
  func map(_ address: UInt64, pages: Int = 1) -> VirtualRange {
    map(address, pages: pages, attributes: kernelAttributes)
  }

  @discardableResult
  func map(
    _ address: UInt64, pages: Int = 1, attributes: LeafAttributes
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
    _ address: UInt64, as number: PASID, behind iommu: Int = 0,
    isWrite: Bool = false
  ) -> AccessResult {
    machine.deviceAccess(
      machine.device(iommu), pasid: number, VirtualAddress(address),
      isWrite: isWrite)
  }
}

/// Short forms, for worlds in which one device is known by its number.
extension MachineWorld {
  /// A space that the device works in under a number.
  @discardableResult
  func share(_ number: PASID) -> User {
    let user = makeUser()
    let outcome = bind(user, number)
    precondition(outcome == .bound)
    return user
  }

  func bind(_ user: User, _ number: PASID) -> BindOutcome {
    bind(user, as: number)
  }

  func unbind(_ user: User, _ number: PASID) -> LeaveOutcome {
    unbind(user, as: number)
  }

  @discardableResult
  func access(
    _ address: UInt64, _ number: PASID, isWrite: Bool = false
  ) -> AccessResult {
    access(address, as: number, isWrite: isWrite)
  }
}
