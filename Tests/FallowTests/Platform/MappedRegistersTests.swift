// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import Fallow

/// Registers of an IOMMU at an address.
@Suite struct MappedRegistersTests {
  /// How many barriers there were.
  struct Barriers: Equatable {
    var before = 0
    var after = 0
  }

  /// A kernel whose IOMMU is a piece of memory, and which counts the barriers.
  @safe
  struct Kernel: IOMMUPlatform, ManagedMemory, Uniprocessor, PolledWorker,
    MappedRegisters, DropsFailToLink, @unchecked Sendable
  {
    let memory: KernelMemory
    let block: UnsafeMutableRawPointer
    let barriers: UnsafeMutablePointer<Barriers>

    func registers(of iommu: Int) -> UnsafeMutableRawPointer {
      unsafe block + iommu * 64
    }
    var patience: Int { 5 }
    func orderBeforeDevice() { unsafe barriers.pointee.before += 1 }
    func orderAfterDevice() { unsafe barriers.pointee.after += 1 }
    func isolate(_ device: Device) {}
    func flush(
      _ range: VirtualRange, of root: FrameNumber?, _ scope: FlushScope
    ) {}
    func publish(_ range: VirtualRange, of root: FrameNumber?) {}
    func fault(_ fault: LifecycleFault, at frame: FrameNumber) -> Never {
      preconditionFailure("\(fault.text)")
    }
  }

  static func run(_ body: (Kernel) throws -> Void) throws {
    try RawMemory.run { parts in
      let block = parts.allocate(order: 0)
      let frame = unsafe parts.directMap.pointer(to: block.address)
      unsafe frame.initializeMemory(as: UInt8.self, repeating: 0, count: 4096)
      var barriers = Barriers()
      try unsafe withUnsafeMutablePointer(to: &barriers) {
        try unsafe body(
          Kernel(memory: parts.memory, block: frame, barriers: $0))
      }
    }
  }

  @Test func aRegisterIsAccessedInItsWidth() throws {
    try Self.run { kernel in
      let wide = IOMMURegister(iommu: 1, offset: 8, isWide: true)
      let narrow = IOMMURegister(iommu: 1, offset: 8, isWide: false)
      kernel.store(0x1122_3344_5566_7788, to: wide)
      kernel.store(0xaaaa_aaaa_9999_9999, to: narrow)
      #expect(kernel.load(wide) == 0x1122_3344_9999_9999)
      #expect(kernel.load(narrow) == 0x9999_9999)
      #expect(unsafe kernel.block.load(fromByteOffset: 8, as: UInt64.self) == 0)
      #expect(unsafe kernel.barriers.pointee == Barriers(before: 2, after: 2))
    }
  }

  @Test func theWaitEndsWithThePatience() throws {
    try Self.run { kernel in
      let register = IOMMURegister(iommu: 0, offset: 0, isWide: false)
      kernel.await(IOMMUCondition(register, mask: 1, differsFrom: 0))
      #expect(unsafe kernel.barriers.pointee.after == 5)
      kernel.store(1, to: register)
      kernel.await(IOMMUCondition(register, mask: 1, differsFrom: 0))
      #expect(unsafe kernel.barriers.pointee.after == 6)
    }
  }
}
