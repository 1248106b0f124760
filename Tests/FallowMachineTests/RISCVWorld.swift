import FallowMachine

@testable import Fallow

typealias RISCVDriver = RISCVIOMMU<MachinePlatform, RISCVSv39>

/// Sv39 whose kernel half may have leaves for requests of user privilege, which
/// are all that a device issues where its process context lacks ENS.
enum Sv39ForDevices: RISCVPaging {
  typealias Walked = RISCVSv39

  static var levels: Int { RISCVSv39.levels }

  static func unsupportedAttributes(
    ofKernelHalf isKernel: Bool
  ) -> LeafAttributes { isKernel ? .none : .global }
}

/// A machine with RISC-V IOMMUs, the library's own scheme over a driver of
/// theirs, and a kernel's space on it.
final class RISCVWorld<Driver: DeviceExpelling>
where Driver.P == MachinePlatform {
  typealias Scheme = Reclaimer<Driver>
  typealias Kernel = KernelTree<Sv39ForDevices, Scheme>
  typealias User = UserTree<Sv39ForDevices, Scheme>

  let machine: Machine
  let right: RISCVDriver
  let scheme: Scheme
  let kernel: Kernel

  private var isRunning = false
  private var isAsked = false

  /// `adapt` makes something else of the driver that ships.
  init(
    _ change: (inout Machine.Configuration) -> Void = { _ in },
    adapt: (RISCVDriver) -> Driver
  ) {
    var configuration = Machine.Configuration()
    configuration.architecture = .riscvSv39
    configuration.frames = 2_048
    change(&configuration)
    machine = Machine(configuration)
    right = machine.startRISCVDriver(RISCVSv39.self)
    scheme = Reclaimer(sharing: Sharing(driver: adapt(right)))
    guard let kernel = Kernel.make(scheme: scheme) else {
      preconditionFailure("too few frames")
    }
    self.kernel = kernel
    machine.onWorkerScheduled = { [unowned self] delay in
      machine.schedule(at: machine.now + max(delay, 10_000)) { self.work() }
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

  /// Maps frames of their own in the kernel half, for devices too; the leaves
  /// are global.
  @discardableResult
  func map(_ address: UInt64, pages: Int = 1) -> VirtualRange {
    let range = pageRange(address, pages)
    let frames = machine.allocateData(frames: pages)
    let refusal = kernel.map(
      range, to: frames.address, attributes: .kernelData | .user)
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

  /// Lets the worker run and IOMMUs answer.
  func settle() {
    machine.run(until: machine.now + 10_000_000)
  }
}

extension RISCVWorld where Driver == RISCVDriver {
  convenience init(
    _ change: (inout Machine.Configuration) -> Void = { _ in }
  ) {
    self.init(change) { $0 }
  }
}

/// An address of the kernel half.
let riscvKernelAddress: UInt64 = RISCVSv39.kernelHalf.start.rawValue + 1 << 30

/// The driver that ships, with one thing left out.
struct FaultyRISCVDriver: DeviceExpelling {
  typealias Format = RISCVSv39

  enum Fault: CaseIterable {
    /// An invalidation of the kernel half names a PSCID.
    case namesPSCID
    /// One that is for tables names an address.
    case namesAddress
    /// A process context that is cleared stays cached.
    case keepsContext
    /// Its invalidation may come after that of the translations.
    case keepsNoOrder
    /// A ticket is not waited for.
    case waitsForNothing
  }

  let right: RISCVDriver
  let fault: Fault?

  var platform: MachinePlatform { right.platform }
  var kernelHalf: VirtualRange { right.kernelHalf }

  func attach(
    _ root: FrameNumber, to device: Device, as pasid: PASID
  ) -> BindOutcome { right.attach(root, to: device, as: pasid) }

  func detach(_ device: Device, from pasid: PASID) {
    guard fault == .keepsContext || fault == .keepsNoOrder else {
      return right.detach(device, from: pasid)
    }
    guard let context = right.context(naming: pasid, of: device) else { return }
    platform.store(
      platform.load(context.valid) & ~RISCVIOMMUEntry.valid.mask,
      to: context.valid)
    if fault == .keepsNoOrder {
      right.queue.put(
        .context(of: RISCVDriver.process(of: pasid), device.requester),
        on: device.iommu)
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

  func isolate(_ device: Device) { right.isolate(device) }
  func remove(_ device: Device) { right.remove(device) }
  func mergesSpaces(on iommu: Int) -> Bool { fault != .namesPSCID }

  func submit(_ request: InvalidationRequest, to iommu: Int) {
    switch fault {
    case .namesPSCID:
      right.queue.put(
        .translations(of: RISCVDriver.tag(of: request.pasid ?? PASID(1))),
        on: iommu)
    case .namesAddress:
      let start = request.range?.start ?? VirtualAddress(riscvKernelAddress)
      right.queue.put(.leaves(of: nil, at: start), on: iommu)
      right.queue.put(
        .leaves(of: nil, at: VirtualAddress(riscvKernelAddress)), on: iommu)
    case .keepsContext, .keepsNoOrder, .waitsForNothing, nil:
      right.submit(request, to: iommu)
    }
  }

  func fence(_ iommu: Int) -> UInt64 { right.fence(iommu) }

  func wait(for ticket: UInt64, on iommu: Int) -> Bool {
    fault == .waitsForNothing || right.wait(for: ticket, on: iommu)
  }
}
