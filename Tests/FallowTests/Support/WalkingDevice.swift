@testable import Fallow

/// A device that walks the kernel's tables while other threads change them, and
/// an IOMMU that remembers one pointer to a table.
///
/// One thread is the device; any may make it forget.
final class WalkingDevice: Sendable {
  /// The address it asks for.
  static let address = kernelAddress()

  /// How often it used a table, was made to forget one, and used one that had
  /// been released.
  let uses = Counter()
  let forgotten = Counter()
  let misuses = Counter()

  private let kernel: HostedKernel
  /// The root that it walks from; set before it is bound.
  let root = Word()
  /// The table of level 2 that it remembers.
  private let cached = Word()
  private let isBusy = Word()

  init(kernel: HostedKernel) { self.kernel = kernel }

  /// Walks, and remembers where the walk led.
  func walk() {
    isBusy.value = 1
    let top = kernel.load(
      X86FourLevel.slot(
        for: Self.address, in: FrameNumber(root.value), level: 4))
    let permanent = X86FourLevel.table(in: top, level: 4)
    let entry = kernel.load(
      X86FourLevel.slot(for: Self.address, in: permanent, level: 3))
    cached.value =
      entry == 0 ? 0 : X86FourLevel.table(in: entry, level: 3).rawValue
    isBusy.value = 0
  }

  /// Uses what it remembers.
  func use() {
    isBusy.value = 1
    let frame = cached.value
    if frame != 0 {
      let word = TypeWord(
        rawValue: UInt32(
          truncatingIfNeeded: kernel.load(
            .typeWord, of: FrameNumber(frame))))
      if word.kind != .table || word.level != 2 || word.state == .released {
        misuses.increment()
      }
      uses.increment()
    }
    isBusy.value = 0
  }

  /// Makes it forget, and waits until no walk and no use is under way.
  func forget() {
    if cached.value != 0 { forgotten.increment() }
    cached.value = 0
    while isBusy.value != 0 {}
    cached.value = 0
  }
}

/// Drives a ``WalkingDevice``, which walks as soon as it may, and uses what it
/// knows for as long as it may.
@safe
struct WalkingDriver: UnmanagedIOMMUs {
  let platform: HostedKernel
  private let reference: Unmanaged<WalkingDevice>

  /// Drives `device`, which the caller keeps alive.
  init(platform: HostedKernel, device: WalkingDevice) {
    self.platform = platform
    unsafe reference = Unmanaged.passUnretained(device)
  }

  var kernelHalf: VirtualRange { X86FourLevel.kernelHalf }

  private var device: WalkingDevice { unsafe reference.takeUnretainedValue() }

  func attach(
    _ root: FrameNumber, to device: Device, as pasid: PASID
  ) -> BindOutcome {
    self.device.walk()
    return .bound
  }

  func wait(for ticket: UInt64, on iommu: Int) -> Bool {
    // The device's own thread: it is about to leave, and has not yet.
    if HostedMachine.cpu == 1 { for _ in 0..<100 { device.use() } }
    device.forget()
    return true
  }
}

/// A device whose first walk is one load, right after it was announced.
struct FirstWalk: UnmanagedIOMMUs {
  let platform: MappedKernel
  /// The entry that it loads.
  let entry: PhysicalAddress
  /// Where it writes what it found.
  let found: PhysicalAddress

  var kernelHalf: VirtualRange { X86FourLevel.kernelHalf }

  func attach(
    _ root: FrameNumber, to device: Device, as pasid: PASID
  ) -> BindOutcome {
    let value = platform.load(entry)
    platform.store(value, to: found)
    return .bound
  }
}
