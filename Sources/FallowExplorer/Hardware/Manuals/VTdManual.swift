// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Intel VT-d in scalable mode.
enum VTdManual: IOMMUManual {
  static func start(
    on machine: SteppingMachine, _ bounds: Bounds
  ) throws(Stop) -> VTd<SteppingMachine>? {
    guard let driver = try VTd.make(on: machine),
      try driver.start(0) == .started,
      try driver.add(
        Device(iommu: 0, requester: 0), tlb: bounds.ats ? DeviceTLB() : nil)
        == .added
    else { return nil }
    return driver
  }

  static var knowsDeviceTLBs: Bool { true }

  // MARK: Structures

  static func structure(taken number: Int) -> Layout.Structure? {
    Layout.Structure(rawValue: number)
  }

  static func entry(
    of space: Int, from root: FrameNumber, in memory: IOMMUMemory
  ) -> SpaceEntry {
    let entry = space * Int(VTdEntry.pasidEntrySize) / 8
    guard VTdEntry.present.isSet(in: memory.word(.pasidTable, entry)) else {
      return .absent
    }
    let address = memory.word(.pasidTable, entry + 2) & VTdEntry.address
    return address == root.address.rawValue ? .whole : .torn
  }

  // MARK: The queue

  static var commandSize: UInt64 { VTdDescriptor.size }

  static var positions: QueuePositions {
    QueuePositions(commandSize: commandSize, scale: 5)
  }

  static func decoded(
    low: UInt64, high: UInt64, _ layout: Layout
  ) -> QueueDescriptor {
    let pasid = Int(truncatingIfNeeded: low >> 32 & 0xf_ffff)
    let selects = low >> 4 & 3
    switch VTdDescriptor.Kind(rawValue: low & 0xf) {
    case nil: return QueueDescriptor(.invalid)
    // The context entry leads to the PASID table, and never changes here.
    case .contextCache: return QueueDescriptor(.otherStage)
    case .iotlb: return QueueDescriptor(.pasid, pasid: nil)
    case .pasidCache:
      return selects == 1
        ? QueueDescriptor(.pasidEntry, pasid: pasid)
        : QueueDescriptor(.pasidEntry, pasid: nil)
    case .pasidIOTLB:
      return selects == 2
        ? QueueDescriptor(.pasid, pasid: pasid)
        : QueueDescriptor(
          .range, pasid: pasid, pages: pages(high, layout),
          leavesOnly: high >> 6 & 1 != 0)
    case .deviceTLB, .pasidDeviceTLB:
      return QueueDescriptor(.deviceRange, pasid: pasid, pages: 0..<64)
    case .wait:
      return layout.isStatus(high)
        ? QueueDescriptor(.wait, ticket: Int(truncatingIfNeeded: low >> 32))
        : QueueDescriptor(.order)
    }
  }

  /// The pages of a request.
  private static func pages(_ high: UInt64, _ layout: Layout) -> Range<Int> {
    let start = high & ~(FrameNumber.size - 1)
    let count = 1 << Int(truncatingIfNeeded: min(high & 0x3f, 6))
    let page = layout.page(start, from: X86FourLevel.kernelHalf.start)
    return page..<(page + count)
  }

  static func isStopped(_ load: (Layout.Register) -> UInt64) -> Bool {
    load(.status) & VTdRegister.Fault.all != 0
  }

  static func stopAtInvalidCommand(_ memory: IOMMUMemory) {
    memory[.status] = memory[.status] | VTdRegister.Fault.queue.mask
  }

  /// Every wait that was fetched is aborted.
  static func timeOut(_ memory: IOMMUMemory) {
    memory[.head] = memory[.tail]
    memory[.status] = memory[.status] | VTdRegister.Fault.timeOut.mask
  }

  // MARK: Registers

  static func isConstant(_ register: IOMMURegister) -> Bool {
    switch VTdRegister(rawValue: register.offset) {
    case .queueHead, .faultStatus: false
    // What is on is set once, before the search begins.
    case .capability, .extendedCapability, .globalCommand, .globalStatus,
      .rootTableAddress, .queueTail, .queueAddress, nil:
      true
    }
  }

  static func reportsErrors(_ register: IOMMURegister) -> Bool {
    register.offset == VTdRegister.faultStatus.rawValue
  }

  static func read(
    _ register: IOMMURegister, _ memory: IOMMUMemory
  ) -> UInt64 {
    switch VTdRegister(rawValue: register.offset) {
    case .capability: capability
    case .extendedCapability: .max
    case .globalStatus: memory[.mode]
    case .faultStatus: memory[.status]
    case .queueHead: memory[.head]
    case .globalCommand, .rootTableAddress, .queueTail, .queueAddress, nil: 0
    }
  }

  /// A range may be as large as the kernel half.
  private static var capability: UInt64 {
    typealias Capability = VTdRegister.Capability
    return Capability.maxAddressMask(35) | Capability.pageSelective(1)
      | Capability.drainsReads(1) | Capability.drainsWrites(1)
      | Capability.gigabyteLeaves(1)
  }

  static func write(
    _ value: UInt64, to register: IOMMURegister, _ memory: IOMMUMemory
  ) -> Bool {
    switch VTdRegister(rawValue: register.offset) {
    case .globalCommand: memory[.mode] = value
    case .queueTail: memory[.tail] = value
    case .faultStatus: memory[.status] = memory[.status] & ~value
    case .capability, .extendedCapability, .globalStatus, .rootTableAddress,
      .queueHead, .queueAddress, nil:
      break
    }
    return true
  }
}
