// SPDX-License-Identifier: Apache-2.0

import Fallow

/// A kernel of several CPUs that is made of the library's parts alone.
struct ManagedKernel: Platform, ManagedMemory, CountedReaders, SpinningLocks,
  PolledWorker, DropsFailToLink, X86Processors
{
  typealias Driver = NoIOMMU<Self, X86FourLevel>
  typealias Scheme = Reclaimer<Driver>
  typealias Space = KernelSpace<X86FourLevel, Scheme>
  typealias Process = UserSpace<X86FourLevel, Scheme>

  let memory: KernelMemory

  func currentCPU() -> Int { HostedMachine.cpu }
  func flush(
    _ range: VirtualRange, of root: FrameNumber?, _ scope: FlushScope
  ) {}
  func fault(_ fault: LifecycleFault, at frame: FrameNumber) -> Never {
    preconditionFailure("\(fault.text): frame \(frame.rawValue)")
  }

  var scheme: Scheme { Reclaimer(sharing: Sharing(driver: Driver(on: self))) }
}

/// Memory for a ``ManagedKernel``: bytes that are not zero at first.
@safe
final class RawMemory {
  let start: UnsafeMutableRawPointer
  let size: Int

  init(frames: Int) {
    size = frames << 12
    unsafe start = .allocate(byteCount: size, alignment: 1 << 12)
    unsafe start.initializeMemory(as: UInt8.self, repeating: 0xa5, count: size)
  }

  deinit { unsafe start.deallocate() }

  /// The kernel's memory in it; the first frame has the number 256.
  func kernelMemory(usedBytes: Int = 0, cpus: Int = 1) -> KernelMemory? {
    let first = PhysicalAddress(1 << 20)
    return unsafe KernelMemory(
      at: start, firstAddress: first, size: UInt64(size),
      firstFree: first + UInt64(usedBytes), cpuCount: cpus)
  }

  /// Runs `body` with a kernel over fresh memory.
  static func run(
    frames: Int = 1024, cpus: Int = 1, _ body: (ManagedKernel) throws -> Void
  ) throws {
    let raw = RawMemory(frames: frames)
    guard let memory = raw.kernelMemory(cpus: cpus) else {
      throw MapError(.outOfFrames, at: VirtualAddress(0))
    }
    try body(ManagedKernel(memory: memory))
    withExtendedLifetime(raw) {}
  }
}
