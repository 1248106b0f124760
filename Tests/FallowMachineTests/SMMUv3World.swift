// SPDX-License-Identifier: Apache-2.0

import FallowMachine

@testable import Fallow

typealias SMMUv3Driver = SMMUv3<MachinePlatform>

/// A machine with SMMUv3s, the library's own scheme over a driver of theirs, and
/// a kernel's space on it.
final class SMMUv3World<Driver: DeviceExpelling>
where Driver.P == MachinePlatform {
  typealias Scheme = Reclaimer<Driver>
  typealias Kernel = KernelTree<AArch64FourKiB, Scheme>
  typealias User = UserTree<AArch64FourKiB, Scheme>

  let machine: Machine
  let right: SMMUv3Driver
  let scheme: Scheme
  let kernel: Kernel

  private var isRunning = false
  private var isAsked = false

  /// `adapt` makes something else of the driver that ships.
  init(
    walksKernelHalf: Bool = true, repeatsInvalidations: Bool = false,
    _ change: (inout Machine.Configuration) -> Void = { _ in },
    adapt: (SMMUv3Driver) -> Driver
  ) {
    var configuration = Machine.Configuration()
    configuration.architecture = .aarch64
    configuration.frames = 2_048
    change(&configuration)
    machine = Machine(configuration)
    right = machine.startSMMUv3Driver(
      walksKernelHalf: walksKernelHalf,
      repeatsInvalidations: repeatsInvalidations)
    scheme = Reclaimer(sharing: Sharing(driver: adapt(right)))
    guard let kernel = Kernel.make(scheme: scheme) else {
      preconditionFailure("too few frames")
    }
    self.kernel = kernel
    machine.onWorkerScheduled = { [unowned self] _ in
      machine.schedule(at: machine.now + 10_000) { self.work() }
    }
  }

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
  var device: Device { machine.device(0) }

  func makeUser() -> User {
    guard let user = User.make(copying: kernel) else {
      preconditionFailure("too few frames")
    }
    return user
  }

  /// A space that the device works in under a number.
  @discardableResult
  func share(_ number: PASID) -> User {
    let user = makeUser()
    let outcome = bind(user, number)
    precondition(outcome == .bound)
    return user
  }

  func bind(_ user: User, _ number: PASID) -> BindOutcome {
    machine.startWork(device, as: number)
    return scheme.bind(user.root, to: device, as: number)
  }

  func unbind(_ user: User, _ number: PASID) -> LeaveOutcome {
    machine.stopWork(device, as: number)
    return scheme.unbind(user.root, from: device, as: number)
  }

  /// Maps frames of their own in the kernel half, by global leaves.
  @discardableResult
  func map(_ address: UInt64, pages: Int = 1) -> VirtualRange {
    let range = pageRange(address, pages)
    let frames = machine.allocateData(frames: pages)
    let refusal = kernel.map(
      range, to: frames.address, attributes: .kernelData)
    precondition(refusal == nil)
    return range
  }

  /// Maps frames of their own in a user half, and returns the first.
  @discardableResult
  func mapUser(
    _ user: User, _ address: UInt64, pages: Int = 1,
    attributes: LeafAttributes = .userData
  ) -> FrameNumber {
    let frames = machine.allocateData(frames: pages)
    var unlinked = UnlinkedTables<MachinePlatform, UserHalf>(on: platform)
    let refusal = user.map(
      pageRange(address, pages), to: frames.address, attributes: attributes,
      into: &unlinked)
    precondition(refusal == nil && unlinked.isEmpty)
    return frames
  }

  @discardableResult
  func access(
    _ address: UInt64, _ number: PASID, isWrite: Bool = false
  ) -> AccessResult {
    machine.deviceAccess(
      device, pasid: number, VirtualAddress(address), isWrite: isWrite)
  }

  /// Lets the worker run and SMMUs answer.
  func settle() {
    machine.run(until: machine.now + 10_000_000)
  }
}

extension SMMUv3World where Driver == SMMUv3Driver {
  convenience init(
    walksKernelHalf: Bool = true, repeatsInvalidations: Bool = false,
    _ change: (inout Machine.Configuration) -> Void = { _ in }
  ) {
    self.init(
      walksKernelHalf: walksKernelHalf,
      repeatsInvalidations: repeatsInvalidations, change
    ) { $0 }
  }
}

/// An address of AArch64's kernel half.
let aarch64KernelAddress: UInt64 =
  AArch64FourKiB.kernelHalf.start.rawValue + 1 << 30

/// The driver that ships, with one thing left out.
struct FaultySMMUv3Driver: DeviceExpelling {
  typealias Format = AArch64FourKiB

  enum Fault: CaseIterable {
    /// An invalidation of the kernel half names an ASID.
    case namesASID
    /// One that is for tables drops leaves alone.
    case dropsLeavesAlone
    /// A context that becomes valid is not dropped.
    case keepsInvalidContext
    /// A context that is cleared is not dropped.
    case keepsContext
    /// Its invalidation may come after that of the translations.
    case keepsNoOrder
    /// A ticket is not waited for.
    case waitsForNothing
    /// The SMMU is sent nothing: it is taken to hear the CPUs' invalidations.
    case trustsBroadcasts
  }

  let right: SMMUv3Driver
  let fault: Fault?

  var platform: MachinePlatform { right.platform }
  var kernelHalf: VirtualRange { right.kernelHalf }
  var walksKernelHalf: Bool { right.walksKernelHalf }

  /// Puts another command in the place of the one that so many were put into
  /// the queue after.
  private func replace(_ later: UInt64, by command: SMMUv3Command) {
    let tail = right.control.load(.tail, of: 0)
    right.queue.write(command, at: tail - 1 - later, 0)
  }

  func attach(
    _ root: FrameNumber, to device: Device, as pasid: PASID
  ) -> BindOutcome {
    right.attach(root, to: device, as: pasid)
  }

  func dropAbsence(of device: Device, as pasid: PASID) -> UInt64? {
    fault == .keepsInvalidContext
      ? nil : right.dropAbsence(of: device, as: pasid)
  }

  func detach(_ device: Device, from pasid: PASID) {
    right.detach(device, from: pasid)
    switch fault {
    case .keepsContext: replace(1, by: .sync)
    case .keepsNoOrder:
      replace(
        0,
        by: .context(
          SMMUv3Driver.substream(of: pasid), of: device.requester))
    default: break
    }
  }

  func forget(_ device: Device, as pasid: PASID) {
    right.forget(device, as: pasid)
  }

  func isAttached(_ pasid: PASID, on iommu: Int) -> Bool {
    right.isAttached(pasid, on: iommu)
  }

  func isAttached(
    _ device: Device, to root: FrameNumber, as pasid: PASID
  ) -> Bool { right.isAttached(device, to: root, as: pasid) }

  func mergesSpaces(on iommu: Int) -> Bool { right.mergesSpaces(on: iommu) }

  func submit(_ request: InvalidationRequest, to iommu: Int) {
    let tag = request.pasid.map { right.traits(of: iommu).tag(of: $0) } ?? 0
    switch fault {
    case .namesASID:
      right.queue.put(.translations(of: tag), on: iommu)
    case .dropsLeavesAlone:
      right.queue.put(
        .translations(
          of: nil, at: VirtualAddress(aarch64KernelAddress), leavesOnly: true),
        on: iommu)
    case .trustsBroadcasts: break
    default: right.submit(request, to: iommu)
    }
  }

  func fence(_ iommu: Int) -> UInt64 { right.fence(iommu) }

  func wait(for ticket: UInt64, on iommu: Int) -> Bool {
    fault == .waitsForNothing ? true : right.wait(for: ticket, on: iommu)
  }

  func isolate(_ device: Device) { right.isolate(device) }
  func remove(_ device: Device) { right.remove(device) }
  func abandon(_ iommu: Int) { right.abandon(iommu) }
}
