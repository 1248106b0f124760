// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// The registers of a VT-d IOMMU, where there is one; the stepping driver does
/// without.
extension SteppingMachine {
  /// Shared, but for what never changes.
  public func load(_ register: IOMMURegister) throws(Stop) -> UInt64 {
    let layout = core.layout
    guard layout.hasVTd,
      let named = VTdRegister(rawValue: register.offset)
    else { return 0 }
    let cell: Int
    switch named {
    // As much as the kernel half takes.
    case .capability:
      typealias Capability = VTdRegister.Capability
      return Capability.maxAddressMask(35) | Capability.pageSelective(1)
        | Capability.drainsReads(1) | Capability.drainsWrites(1)
        | Capability.gigabyteLeaves(1)
    case .extendedCapability: return .max
    case .globalStatus: return core.cells[layout.globalStatus]
    case .queueHead: cell = layout.queueHead
    case .faultStatus: cell = layout.faultStatus
    default: return 0
    }
    if let old = try core.begin(
      .loadRegister, register.offset)
    {
      return old
    }
    return try core.end(
      .loadRegister, register.offset, 0, core.cells[cell])
  }

  /// A shared access.
  ///
  /// While the machine is set up the IOMMU works its queue off
  /// at once.
  public func store(
    _ value: UInt64, to register: IOMMURegister
  ) throws(Stop) {
    let layout = core.layout
    guard layout.hasVTd,
      let named = VTdRegister(rawValue: register.offset)
    else { return }
    if try core.begin(.storeRegister, register.offset) != nil {
      return
    }
    switch named {
    case .globalCommand: core.cells[layout.globalStatus] = value
    case .queueTail: core.cells[layout.queueTail] = value
    case .faultStatus: core.cells.clearBits(value, at: layout.faultStatus)
    default: break
    }
    while core.runsThrough, core.nextDescriptor(on: 0).kind != .none {
      core.carryOutNext(on: 0)
    }
    try core.end(.storeRegister, register.offset, 0, 0)
  }

  /// A shared access that blocks until the condition holds, or the IOMMU has
  /// nothing left to do: then patience ends.
  public func await(_ condition: IOMMUCondition) throws(Stop) {
    guard core.layout.hasVTd else { return }
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

  /// A word of a structure: shared, but for what a lock guards or never
  /// changes.
  func access(
    _ kind: Access, _ place: Layout.StructureWord, _ change: (UInt64) -> UInt64
  ) throws(Stop) -> UInt64 {
    guard core.layout.keeps(place) else { throw core.fail(.outOfBounds) }
    // What a lock guards, or never changes, others cannot notice.
    let isShared =
      place.structure != .control || place.isWaitersToo
      || !place.isGuarded && kind != .loadEntry
    if let old = try core.begin(
      kind, place.frame, place.word, isShared: isShared)
    {
      return old
    }
    if place.isGuarded, !core.holds(.sharing) {
      throw core.fail(.lockDiscipline)
    }
    let cell = core.layout.cell(place.structure, place.word)
    let old = core.cells[cell]
    core.cells[cell] = change(old)
    if place.structure == .pasidTable, kind != .loadEntry {
      core.entryWritten(of: place.word / 8)
    }
    return try core.end(
      kind, place.frame, place.word, kind == .storeEntry ? 0 : old)
  }
}

extension Core {
  /// Whether what someone waits for has come about.
  func holds(_ condition: IOMMUCondition) -> Bool {
    let register =
      condition.register.offset == VTdRegister.queueHead.rawValue
      ? cells[layout.queueHead] : cells[layout.faultStatus]
    if register & condition.mask != condition.value { return true }
    return condition.word != nil
      && IOMMUCondition.hasReached(
        cells[layout.status], UInt64(condition.ticket))
  }
}
