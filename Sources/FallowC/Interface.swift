import Fallow

// The functions that fallow.h declares. What C hands in as a number is checked
// against the descriptors before it is believed.

/// Where the machine is, once `fallow_start` was called.
nonisolated(unsafe) private var started: CPlatform?

func platform() -> CPlatform {
  guard let platform = unsafe started else {
    fatalError("fallow_start was not called")
  }
  return platform
}

func scheme() -> CScheme {
  Reclaimer(sharing: Sharing(driver: CDriver(platform: platform())))
}

/// The frame with that number; one that has no descriptor is a fault.
func frame(_ number: UInt64) -> FrameNumber {
  let frame = FrameNumber(number)
  let platform = platform()
  guard platform.directMap.descriptors.contains(frame) else {
    platform.fault(.outOfRange, at: frame)
  }
  return frame
}

/// The space with that root; a frame that is not a kernel root is a fault.
private func space(_ root: UInt64) -> CSpace {
  CSpace(of: frame(root), scheme: scheme())
}

func range(_ start: UInt64, _ size: UInt64) -> VirtualRange {
  VirtualRange(start: VirtualAddress(start), size: size)
}

/// `fallow_descriptor_size`: see fallow.h.
@_cdecl("fallow_descriptor_size")
public func descriptorSize() -> Int { DescriptorTable.descriptorSize }

/// `fallow_word_bytes`: see fallow.h.
@_cdecl("fallow_word_bytes")
public func wordBytes(_ cpus: UInt32) -> Int {
  KernelWord.count(cpus: Int(cpus)) * 8
}

/// `fallow_start`: see fallow.h.
@_cdecl("fallow_start")
public func start(_ memory: UnsafeRawPointer) {
  // The members of `struct fallow_memory`, in their order.
  func word(_ index: Int) -> UInt {
    unsafe memory.load(fromByteOffset: index * 8, as: UInt.self)
  }
  func pointer(_ index: Int) -> UnsafeMutableRawPointer {
    guard
      let pointer = unsafe UnsafeMutableRawPointer(bitPattern: word(index))
    else { fatalError("a null pointer in struct fallow_memory") }
    return unsafe pointer
  }
  let first = FrameNumber(UInt64(word(1)))
  let descriptors = unsafe DescriptorTable(
    at: pointer(3), firstFrame: first, frameCount: Int(word(2)))
  let map = unsafe DirectMap(
    memory: pointer(0), firstAddress: first.address,
    descriptors: descriptors, words: pointer(4))
  let cpus = unsafe memory.load(fromByteOffset: 40, as: UInt32.self)
  unsafe started = CPlatform(directMap: map, cpuCount: Int(cpus))
}

/// `fallow_make_kernel_space`: see fallow.h.
@_cdecl("fallow_make_kernel_space")
public func makeKernelSpace() -> UInt64 {
  guard let space = CSpace.make(scheme: scheme()) else {
    return FrameNumber.none.rawValue
  }
  // One binding, so that each batch asks the kernel for its invalidation.
  let outcome = space.scheme.bind(
    space.root, to: Device(iommu: 0, requester: 0), as: PASID(0))
  guard outcome == .bound else { return FrameNumber.none.rawValue }
  return space.root.rawValue
}

/// `fallow_map`: see fallow.h.
@_cdecl("fallow_map")
public func map(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ address: UInt64,
  _ attributes: UInt32, _ stopped: UnsafeMutablePointer<UInt64>
) -> Int32 {
  let outcome = space(root).map(
    range(start, size), to: PhysicalAddress(address),
    attributes: LeafAttributes(ofC: attributes))
  return unsafe Outcome.of(outcome, stopped)
}

/// `fallow_unmap`: see fallow.h.
@_cdecl("fallow_unmap")
public func unmap(
  _ root: UInt64, _ start: UInt64, _ size: UInt64,
  _ stopped: UnsafeMutablePointer<UInt64>
) -> Int32 {
  unsafe Outcome.of(space(root).unmap(range(start, size)), stopped)
}

/// `fallow_protect`: see fallow.h.
@_cdecl("fallow_protect")
public func protect(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ attributes: UInt32,
  _ stopped: UnsafeMutablePointer<UInt64>
) -> Int32 {
  var revoked = LeafAttributes.none
  return unsafe protect(
    space(root), range(start, size), attributes, &revoked, stopped)
}

/// `fallow_translate`: see fallow.h.
@_cdecl("fallow_translate")
public func translate(
  _ root: UInt64, _ address: UInt64, _ translation: UnsafeMutableRawPointer
) -> Bool {
  unsafe translate(space(root), address, translation)
}

/// `fallow_reclaim`: see fallow.h.
@_cdecl("fallow_reclaim")
public func reclaim() { scheme().reclaim() }

/// `fallow_quarantined`: see fallow.h.
@_cdecl("fallow_quarantined")
public func quarantined() -> UInt64 {
  let accounts = TableAccounts(of: platform())
  return accounts.quarantined &+ accounts.parked
}
