import Fallow
import Synchronization

/// What the library asks of a kernel: a single CPU here, and memory from the
/// host's heap in the place of physical memory.
struct Kernel: Platform, DirectMapped, Uniprocessor, X86Processors {
  let directMap: DirectMap

  func allocate(order: Int) -> FrameNumber { frames.allocate(order: order) }
  func free(_ block: FrameNumber, order: Int) {
    do throws(FrameError) {
      try frames.free(block, order: order)
    } catch {
      fault(error.fault, at: error.frame)
    }
  }

  func flush(
    _ range: VirtualRange, of root: FrameNumber?, _ scope: FlushScope
  ) {
    print("CPUs flush")
  }
  func scheduleWorker(after delay: UInt64) { print("worker is runnable") }

  func dropped(_ frame: FrameNumber) { fatalError("a table was dropped") }
  func fault(_ fault: LifecycleFault, at frame: FrameNumber) -> Never {
    fatalError("\(fault) at frame \(frame.rawValue)")
  }
}

/// An IOMMU that answers at once.
///
/// For a real one, `VTd` is the driver.
struct Driver: UnmanagedIOMMUs {
  typealias Format = X86FourLevel

  let platform: Kernel

  var kernelHalf: VirtualRange { X86FourLevel.kernelHalf }

  func submit(_ request: InvalidationRequest, to iommu: Int) {
    print("IOMMU \(iommu) forgets what it is asked to")
  }
}

/// The frames of the machine, in a lock that a kernel would have of its own.
final class Frames: Sendable {
  private let allocator: Mutex<BuddyAllocator>

  init(_ descriptors: DescriptorTable) {
    var allocator = BuddyAllocator(over: descriptors, zone: .first)
    do {
      try allocator.add(descriptors.firstFrame, count: descriptors.frameCount)
    } catch {
      fatalError("\(error)")
    }
    self.allocator = Mutex(allocator)
  }

  func allocate(order: Int) -> FrameNumber {
    allocator.withLock { $0.allocate(order: order) }
  }

  func free(_ block: FrameNumber, order: Int) throws(FrameError) {
    try allocator.withLock { allocator throws(FrameError) in
      try allocator.free(block, order: order)
    }
  }
}

/// How many frames the machine has.
let frameCount = 1_024

/// The machine's memory as the library sees it.
let directMap = unsafe DirectMap(
  memory: hostMemory(frameCount << 12), firstAddress: PhysicalAddress(0),
  descriptors: DescriptorTable(
    at: hostMemory(frameCount * DescriptorTable.descriptorSize),
    firstFrame: FrameNumber(0), frameCount: frameCount),
  words: hostMemory(KernelWord.count(cpus: 1) * 8))

let frames = Frames(directMap.descriptors)

/// Bytes from the host's heap, zero, aligned like a frame.
func hostMemory(_ byteCount: Int) -> UnsafeMutableRawPointer {
  let memory = UnsafeMutableRawPointer.allocate(
    byteCount: byteCount, alignment: 1 << 12)
  unsafe memory.initializeMemory(
    as: UInt8.self, repeating: 0, count: byteCount)
  return unsafe memory
}
