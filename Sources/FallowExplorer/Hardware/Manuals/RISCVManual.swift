// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// The RISC-V IOMMU.
///
/// It has Sv39, process IDs of 8 bits, and device contexts of the base format.
enum RISCVManual: IOMMUManual {
  static func start(
    on machine: SteppingMachine, _ bounds: Bounds
  ) throws(Stop) -> RISCVIOMMU<SteppingMachine, RISCVSv39>? {
    guard
      let driver = try RISCVIOMMU<SteppingMachine, RISCVSv39>.make(on: machine),
      try driver.start(0) == .started,
      try driver.add(Device(iommu: 0, requester: 0)) == .added
    else { return nil }
    return driver
  }

  // MARK: Structures

  /// The device directory takes the place of the root table, the process
  /// directory that of the PASID table; there is none between.
  static func structure(taken number: Int) -> Layout.Structure? {
    number == 3 ? .pasidTable : Layout.Structure(rawValue: number)
  }

  static func entry(
    of space: Int, from root: FrameNumber, in memory: IOMMUMemory
  ) -> SpaceEntry {
    typealias Entry = RISCVIOMMUEntry
    let context = space * Int(Entry.Process.size) / 8
    guard Entry.valid.isSet(in: memory.word(.rootTable, 0)),
      Entry.valid.isSet(in: memory.word(.pasidTable, context))
    else { return .absent }
    let firstStage = memory.word(.pasidTable, context + 1)
    return Entry.Root.frame.read(firstStage) == root.rawValue ? .whole : .torn
  }

  // MARK: The queue

  static var commandSize: UInt64 { RISCVIOMMUCommand.size }

  static var positions: QueuePositions {
    QueuePositions(commandSize: commandSize, scale: 0)
  }

  static func decoded(
    low: UInt64, high: UInt64, _ layout: Layout
  ) -> QueueDescriptor {
    typealias Field = RISCVIOMMUCommand.Field
    // The one device behind the IOMMU signs with 0.
    let isOfAnother =
      Field.hasDevice.isSet(in: low) && Field.device.read(low) != 0
    switch RISCVIOMMUCommand.Kind(rawValue: Field.kind.read(low)) {
    case nil: return QueueDescriptor(.invalid)
    case .translations:
      let tag = Field.tag.read(low)
      let pasid =
        Field.hasTag.isSet(in: low) ? Int(truncatingIfNeeded: tag) : nil
      guard Field.hasAddress.isSet(in: low) else {
        return QueueDescriptor(.pasid, pasid: pasid)
      }
      let page = layout.page(
        Field.page.read(high) << FrameNumber.shift,
        from: RISCVSv39.kernelHalf.start)
      return QueueDescriptor(
        .range, pasid: pasid, pages: page..<(page + 1), leavesOnly: true)
    case .fence:
      let address = Field.word.read(high) << 2
      return Field.hasAddress.isSet(in: low) && layout.isStatus(address)
        ? QueueDescriptor(
          .wait, ticket: Int(truncatingIfNeeded: Field.data.read(low)))
        : QueueDescriptor(.order)
    case .deviceContexts, .processContext:
      if isOfAnother { return QueueDescriptor(.otherStage) }
      let isOfAll = Field.kind.read(low) == 3
      let process = Int(truncatingIfNeeded: Field.process.read(low))
      return QueueDescriptor(.pasidEntry, pasid: isOfAll ? nil : process)
    }
  }

  static func isStopped(_ load: (Layout.Register) -> UInt64) -> Bool {
    typealias Queue = RISCVIOMMURegister.Queue
    return load(.status) & Queue.errors != 0
      || !Queue.isOn.isSet(in: load(.status))
  }

  static func stopAtInvalidCommand(_ memory: IOMMUMemory) {
    memory[.status] = memory[.status] | RISCVIOMMURegister.Queue.illegal.mask
  }

  /// The queue stops where it is.
  static func timeOut(_ memory: IOMMUMemory) {
    memory[.status] = memory[.status] | RISCVIOMMURegister.Queue.timeOut.mask
  }

  // MARK: Registers

  static func isConstant(_ register: IOMMURegister) -> Bool {
    switch RISCVIOMMURegister(rawValue: register.offset) {
    case .queueHead, .queueControl: false
    // The directory and the queue's base are set once, before the search
    // begins.
    case .capabilities, .features, .directory, .queueBase, .queueTail, nil:
      true
    }
  }

  static func reportsErrors(_ register: IOMMURegister) -> Bool {
    register.offset == RISCVIOMMURegister.queueControl.rawValue
  }

  static func read(
    _ register: IOMMURegister, _ memory: IOMMUMemory
  ) -> UInt64 {
    typealias Capability = RISCVIOMMURegister.Capability
    return switch RISCVIOMMURegister(rawValue: register.offset) {
    case .capabilities:
      Capability.version(1) | Capability.sv39(1) | Capability.updatesBits(1)
        | Capability.processIDs(1)
    case .directory: memory[.mode]
    case .queueBase: memory[.base]
    case .queueHead: memory[.head]
    case .queueControl:
      memory[.status]
        | RISCVIOMMURegister.Queue.busy(memory.requested == nil ? 0 : 1)
    case .features, .queueTail, nil: 0
    }
  }

  static func write(
    _ value: UInt64, to register: IOMMURegister, _ memory: IOMMUMemory
  ) -> Bool {
    typealias Directory = RISCVIOMMURegister.Directory
    switch RISCVIOMMURegister(rawValue: register.offset) {
    // The field is WARL: a directory of one level is all that there is.
    case .directory
    where Directory.mode.read(value) <= Directory.mode(levels: 1):
      memory[.mode] = value
    // Only of a queue that is off; section "Command-queue base (cqb)".
    case .queueBase:
      let isOn = RISCVIOMMURegister.Queue.isOn.isSet(in: memory[.status])
      guard memory.requested == nil, !isOn else { return false }
      memory[.base] = value
    case .queueTail: memory[.tail] = value
    // While it is busy, a write is unspecified; section "Command-queue CSR
    // (cqcsr)".
    case .queueControl:
      guard memory.requested == nil else { return false }
      memory.request(value)
    case .capabilities, .features, .directory, .queueHead, nil: break
    }
    return true
  }

  /// Errors are cleared by ones; a queue that is switched on begins anew.
  static func settle(_ value: UInt64, _ memory: IOMMUMemory) {
    typealias Queue = RISCVIOMMURegister.Queue
    let old = memory[.status]
    var new = old & Queue.errors & ~value
    if Queue.enable.isSet(in: value) {
      new |= Queue.enable(1) | Queue.isOn(1)
      if !Queue.isOn.isSet(in: old) { memory[.head] = 0 }
    }
    memory[.status] = new
  }
}
