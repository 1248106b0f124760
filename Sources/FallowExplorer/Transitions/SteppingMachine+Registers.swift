// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// The registers of an IOMMU that reads memory; the stepping driver does
/// without.
extension SteppingMachine {
  /// Shared, but for what never changes.
  public func load(_ register: IOMMURegister) throws(Stop) -> UInt64 {
    switch core.layout.manual {
    case .none: return 0
    case .vtd: if let value = core.constant(ofVTd: register) { return value }
    case .riscv:
      if let value = core.constant(ofRISCV: register) { return value }
    }
    guard let cell = core.layout.cell(of: register) else { return 0 }
    if let old = try core.begin(.loadRegister, register.offset) {
      return old
    }
    return try core.end(
      .loadRegister, register.offset, 0, core.cells[cell])
  }

  /// A shared access.
  ///
  /// While the machine is set up the IOMMU works its queue off at once.
  public func store(
    _ value: UInt64, to register: IOMMURegister
  ) throws(Stop) {
    if core.layout.manual == .none { return }
    if try core.begin(.storeRegister, register.offset) != nil { return }
    switch core.layout.manual {
    case .none: break
    case .vtd: core.writeVTd(value, to: register)
    case .riscv: core.writeRISCV(value, to: register)
    }
    while core.runsThrough, core.nextDescriptor(on: 0).kind != .none {
      core.carryOutNext(on: 0)
    }
    try core.end(.storeRegister, register.offset, 0, 0)
  }

  /// A shared access that blocks until the condition holds, or the IOMMU has
  /// nothing left to do: then patience ends.
  public func await(_ condition: IOMMUCondition) throws(Stop) {
    guard core.layout.readsMemory else { return }
    if try core.begin(.await, condition.register.offset) != nil {
      return
    }
    if !core.runsThrough, !core.holds(condition),
      core.nextDescriptor(on: 0).kind != .none
    {
      throw core.stop(.blocked)
    }
    try core.end(.await, condition.register.offset, 0, 0)
  }

  /// Nothing: the stepping driver's own call does it.
  public func isolate(_ device: Device) throws(Stop) {}
}

extension Layout {
  /// Where a register is kept that the IOMMU changes, or that is set once; nil
  /// for every other.
  func cell(of register: IOMMURegister) -> Int? {
    switch manual {
    case .none: nil
    case .vtd:
      switch VTdRegister(rawValue: register.offset) {
      case .queueHead: queueHead
      case .faultStatus: queueStatus
      case .globalStatus: mode
      case .capability, .extendedCapability, .globalCommand,
        .rootTableAddress, .queueTail, .queueAddress, nil:
        nil
      }
    case .riscv:
      switch RISCVIOMMURegister(rawValue: register.offset) {
      case .queueHead: queueHead
      case .queueControl: queueStatus
      case .directory: mode
      case .queueBase: queueBase
      case .capabilities, .features, .queueTail, nil: nil
      }
    }
  }
}

extension Core {
  /// Whether what someone waits for has come about.
  func holds(_ condition: IOMMUCondition) -> Bool {
    let register = layout.cell(of: condition.register).map { cells[$0] } ?? 0
    if register & condition.mask != condition.value { return true }
    return condition.word != nil
      && IOMMUCondition.hasReached(
        cells[layout.status], UInt64(condition.ticket))
  }

  // MARK: VT-d

  /// What a register says of a VT-d IOMMU that never changes.
  func constant(ofVTd register: IOMMURegister) -> UInt64? {
    switch VTdRegister(rawValue: register.offset) {
    // As much as the kernel half takes.
    case .capability:
      typealias Capability = VTdRegister.Capability
      return Capability.maxAddressMask(35) | Capability.pageSelective(1)
        | Capability.drainsReads(1) | Capability.drainsWrites(1)
        | Capability.gigabyteLeaves(1)
    case .extendedCapability: return .max
    // Set once, before the search begins.
    case .globalStatus: return cells[layout.mode]
    case .globalCommand, .rootTableAddress, .faultStatus, .queueHead,
      .queueTail, .queueAddress, nil:
      return nil
    }
  }

  func writeVTd(_ value: UInt64, to register: IOMMURegister) {
    switch VTdRegister(rawValue: register.offset) {
    case .globalCommand: cells[layout.mode] = value
    case .queueTail: cells[layout.queueTail] = value
    case .faultStatus: cells.clearBits(value, at: layout.queueStatus)
    case .capability, .extendedCapability, .globalStatus, .rootTableAddress,
      .queueHead, .queueAddress, nil:
      break
    }
  }

  // MARK: The RISC-V IOMMU

  /// What a register says of a RISC-V IOMMU that never changes.
  ///
  /// It has Sv39, process IDs of 8 bits, and device contexts of the base format.
  func constant(ofRISCV register: IOMMURegister) -> UInt64? {
    typealias Capability = RISCVIOMMURegister.Capability
    switch RISCVIOMMURegister(rawValue: register.offset) {
    case .capabilities:
      return Capability.version(1) | Capability.sv39(1)
        | Capability.updatesBits(1) | Capability.processIDs(1)
    case .features: return 0
    // Set once, before the search begins.
    case .directory: return cells[layout.mode]
    case .queueBase: return cells[layout.queueBase]
    case .queueHead, .queueTail, .queueControl, nil: return nil
    }
  }

  func writeRISCV(_ value: UInt64, to register: IOMMURegister) {
    typealias Directory = RISCVIOMMURegister.Directory
    switch RISCVIOMMURegister(rawValue: register.offset) {
    // The field is WARL: a directory of one level is all that there is.
    case .directory
    where Directory.mode.read(value) <= Directory.mode(levels: 1):
      cells[layout.mode] = value
    case .queueBase: cells[layout.queueBase] = value
    case .queueTail: cells[layout.queueTail] = value
    case .queueControl: writeQueueControl(value)
    case .capabilities, .features, .directory, .queueHead, nil: break
    }
  }

  /// Errors are cleared by ones; a queue that is switched on begins anew.
  private func writeQueueControl(_ value: UInt64) {
    typealias Queue = RISCVIOMMURegister.Queue
    let old = cells[layout.queueStatus]
    var new = old & Queue.errors & ~value
    if Queue.enable.isSet(in: value) {
      new |= Queue.enable(1) | Queue.isOn(1)
      if !Queue.isOn.isSet(in: old) { cells[layout.queueHead] = 0 }
    }
    cells[layout.queueStatus] = new
  }
}
