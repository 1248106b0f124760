// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// The registers of an IOMMU that reads memory; the stepping driver does
/// without.
extension SteppingMachine {
  /// Shared, but for what never changes.
  public func load(_ register: IOMMURegister) throws(Stop) -> UInt64 {
    guard let manual = core.layout.manual else { return 0 }
    if manual.isConstant(register) { return manual.read(register, core.memory) }
    let isShared =
      !core.reductions.contains(.constants) || !manual.reportsErrors(register)
    if let old = try core.begin(
      .loadRegister, register.offset, isShared: isShared)
    {
      return old
    }
    return try core.end(
      .loadRegister, register.offset, 0, manual.read(register, core.memory))
  }

  /// A shared access.
  ///
  /// While the machine is set up the IOMMU works its queue off at once.
  public func store(
    _ value: UInt64, to register: IOMMURegister
  ) throws(Stop) {
    guard let manual = core.layout.manual else { return }
    if try core.begin(.storeRegister, register.offset) != nil { return }
    if manual.reportsErrors(register) { core.noteQueueError() }
    if !manual.write(value, to: register, core.memory) {
      throw core.fail(.forbiddenWrite)
    }
    if core.runsThrough || !core.registersLag { core.settleRegisters() }
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
    if !core.runsThrough, !core.holds(condition), core.isIOMMUAtWork {
      throw core.stop(.blocked)
    }
    try core.end(.await, condition.register.offset, 0, 0)
  }

  /// Nothing: the stepping driver's own call does it.
  public func isolate(_ device: Device) throws(Stop) {}
}

extension Core {
  /// Whether the IOMMU that reads memory has something to do.
  var isIOMMUAtWork: Bool {
    nextDescriptor(on: 0).kind != .none || hasRequest
  }

  /// Whether a write to a register is not in effect yet.
  var hasRequest: Bool { layout.readsMemory && memory.requested != nil }

  /// What was requested by a write to a register takes effect.
  func settleRegisters() {
    guard let manual = layout.manual, let value = memory.requested else {
      return
    }
    memory[.requested] = 0
    manual.settle(value, memory)
  }

  /// Whether what someone waits for has come about.
  func holds(_ condition: IOMMUCondition) -> Bool {
    let register = layout.manual?.read(condition.register, memory) ?? 0
    if register & condition.mask != condition.value { return true }
    return condition.word != nil
      && IOMMUCondition.hasReached(
        cells[layout.status], UInt64(condition.ticket))
  }
}
