// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// The memory of a kernel with its bookkeeping laid out in it.
@Suite struct KernelMemoryTests {
  /// What the bookkeeping of so many frames takes, in frames: the state, the
  /// words, the descriptors.
  static func bookkeeping(_ frames: Int, cpus: Int = 1) -> Int {
    func pages(_ bytes: Int) -> Int { (bytes + 4095) / 4096 }
    return pages(MemoryLayout<KernelMemory.State>.size)
      + pages(KernelWord.count(cpus: cpus) * 8) + pages(frames * 32)
  }

  @Test(arguments: [16, 100, 128, 1000], [0, 1, 4096, 10_000])
  func allThatIsLeftIsFree(frames: Int, used: Int) throws {
    let raw = RawMemory(frames: frames)
    let memory = try #require(raw.kernelMemory(usedBytes: used))
    let taken = Self.bookkeeping(frames) + (used + 4095) / 4096
    #expect(memory.freeFrames == frames - taken)
    let kernel = ManagedKernel(memory: memory)
    var seen: Set<UInt64> = []
    while true {
      let frame = kernel.allocate(order: 0)
      if frame == .none { break }
      #expect(seen.insert(frame.rawValue).inserted)
    }
    #expect(seen.count == frames - taken)
    #expect(seen.min() == UInt64(256 + taken))
    #expect(seen.max() == UInt64(255 + frames))
    for frame in seen { kernel.free(FrameNumber(frame), order: 0) }
    #expect(memory.freeFrames == frames - taken)
  }

  @Test func wordsAndDescriptorsAreZeroAtFirst() throws {
    try RawMemory.run(cpus: 3) { kernel in
      for index in 0..<KernelWord.count(cpus: 3) {
        #expect(kernel.load(KernelWord(index: index)) == 0)
      }
      let first = kernel.directMap.descriptors.firstFrame
      #expect(kernel.load(.link, of: first) == 0)
    }
  }

  @Test func tooLittleMemoryIsRefused() {
    let taken = Self.bookkeeping(8)
    let raw = RawMemory(frames: 8)
    #expect(raw.kernelMemory(usedBytes: (8 - taken) << 12) != nil)
    #expect(raw.kernelMemory(usedBytes: (9 - taken) << 12) == nil)
    #expect(raw.kernelMemory(usedBytes: 9 << 12) == nil)
    #expect(raw.kernelMemory(cpus: 0) == nil)
  }

  @Test func whatIsMisalignedIsRefused() {
    let raw = RawMemory(frames: 16)
    let size = UInt64(8 << 12)
    let address = PhysicalAddress(1 << 20)
    #expect(
      unsafe KernelMemory(
        at: raw.start + 8, firstAddress: address, size: size,
        firstFree: address) == nil)
    #expect(
      unsafe KernelMemory(
        at: raw.start, firstAddress: address + 8, size: size,
        firstFree: address + 8) == nil)
    withExtendedLifetime(raw) {}
  }

  @Test func aFrameThatComesBackTwiceStopsTheKernel() async {
    await #expect(processExitsWith: .failure) {
      try RawMemory.run { kernel in
        let frame = kernel.allocate(order: 0)
        kernel.free(frame, order: 0)
        kernel.free(frame, order: 0)
      }
    }
  }

  /// The kernel made of parts maps, unmaps and gets every frame back.
  @Test func mapAndUnmapGiveEveryFrameBack() throws {
    try RawMemory.run { kernel in
      let reclaimer = kernel.scheme
      let space = try ManagedKernel.Space(reclaimer)
      var process: ManagedKernel.Process? = try .init(sharing: space)
      let free = kernel.memory.freeFrames
      let page = VirtualRange(
        start: X86FourLevel.kernelHalf.start, size: 4096)
      try space.map(page, to: PhysicalAddress(0), attributes: .kernelData)
      try space.unmap(page)
      let userPage = VirtualRange(start: VirtualAddress(4096), size: 4096)
      try process?.map(
        userPage, to: PhysicalAddress(0), attributes: .userData)
      if var stale = try process?.unmap(userPage) {
        try stale.invalidate(by: reclaimer)
      }
      while kernel.takeWorkerRequest() { reclaimer.reclaim() }
      #expect(kernel.memory.freeFrames == free)
      try ManagedKernel.Process.end(&process)
      try space.end()
      #expect(kernel.memory.freeFrames == 1024 - Self.bookkeeping(1024))
    }
  }

  @Test func withoutAnIOMMUNoDeviceIsBound() throws {
    try RawMemory.run { kernel in
      let space = try ManagedKernel.Space(kernel.scheme)
      let device = Device(iommu: 0, requester: 8)
      #expect(
        throws: BindError(.unknownDevice, device, PASID(1))
      ) {
        var binding: DeviceBinding? = try kernel.scheme.bind(
          device, to: space, as: PASID(1))
        try kernel.scheme.unbind(&binding)
      }
      try space.end()
    }
  }

  @Test func aWorkerRequestIsTakenOnce() throws {
    try RawMemory.run { kernel in
      #expect(!kernel.takeWorkerRequest())
      kernel.scheduleWorker(after: 1000)
      kernel.scheduleWorker(after: 0)
      #expect(kernel.takeWorkerRequest())
      #expect(!kernel.takeWorkerRequest())
    }
  }
}
