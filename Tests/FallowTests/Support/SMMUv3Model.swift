// SPDX-License-Identifier: Apache-2.0

@testable import Fallow

/// The registers of an SMMUv3, some of whose writes take a while.
final class SMMUv3Model: RegisterModel {
  typealias Identification = SMMUv3Register.Identification
  typealias Control = SMMUv3Register.Control

  let kernel: ScriptedKernel
  var first =
    Identification.stage1(1) | Identification.formats(2)
    | Identification.coherent(1) | Identification.wideTags(1)
    | Identification.twoLevelContexts(1) | Identification.twoLevelStreams(1)
  var second =
    Identification.streamBits(16) | Identification.substreamBits(20)
    | Identification.queueSize(19)
  var fifth = Identification.addressSize(5) | Identification.pages4KiB(1)

  /// What firmware may leave: it translates.
  var control: UInt64 = 1
  var acknowledged: UInt64 = 1
  var accesses: UInt64 = 0
  var broadcasts: UInt64 = 0
  var bypass: UInt64 = 0
  var errors: UInt64 = 0
  var seenErrors: UInt64 = 0
  var reason: UInt64 = 0
  var streamTable: UInt64 = 0
  var streamTableShape: UInt64 = 0
  var queueBase: UInt64 = 0
  var producer: UInt64 = 0
  var consumer: UInt64 = 0
  /// The rest, by offset: plain memory.
  var others: [Int: UInt64] = [:]

  /// For how many reads a write to CR0 or GBPA is under way.
  var busyReads = 0
  private var controlBusy = 0
  private var bypassBusy = 0

  /// What it was given, in order.
  var commands: [SMMUv3Command] = []
  /// The opcode that it takes for one that is not legal.
  var illegal: SMMUv3Command.Kind?
  /// What software did that the architecture forbids.
  var violations: [String] = []

  init(_ kernel: ScriptedKernel) { self.kernel = kernel }

  func read(_ register: IOMMURegister) -> UInt64 {
    switch SMMUv3Register(rawValue: register.offset) {
    case .identification0: return first
    case .identification1: return second
    case .identification5: return fifth
    case .control: return control
    case .acknowledged:
      controlBusy = max(controlBusy - 1, 0)
      if controlBusy == 0 { acknowledged = control }
      return acknowledged
    case .accesses: return accesses
    case .broadcasts: return broadcasts
    case .bypass:
      bypassBusy = max(bypassBusy - 1, 0)
      return bypass | SMMUv3Register.Bypass.update(bypassBusy > 0 ? 1 : 0)
    case .errors: return errors
    case .seenErrors: return seenErrors
    case .streamTable: return streamTable
    case .streamTableShape: return streamTableShape
    case .queueBase: return queueBase
    case .queueProducer: return producer
    case .queueConsumer:
      return consumer | SMMUv3Register.Reason.field(reason)
    case nil: return others[register.offset] ?? 0
    }
  }

  func write(_ value: UInt64, to register: IOMMURegister) {
    let isOn = Control.queue.isSet(in: control | acknowledged)
    switch SMMUv3Register(rawValue: register.offset) {
    case .control: writeControl(value)
    case .accesses: whileOff("CR1") { accesses = value }
    case .broadcasts: whileOff("CR2") { broadcasts = value }
    case .bypass:
      if bypassBusy > 0 { violations.append("GBPA written while busy") }
      bypass = value & ~SMMUv3Register.Bypass.update.mask
      bypassBusy = busyReads
    case .seenErrors:
      seenErrors = value
      work()
    case .streamTable: whileOff("STRTAB_BASE") { streamTable = value }
    case .streamTableShape:
      whileOff("STRTAB_BASE_CFG") { streamTableShape = value }
    case .queueBase:
      if isOn { violations.append("CMDQ_BASE written while it is on") }
      queueBase = value
    case .queueProducer:
      producer = value
      work()
    case .queueConsumer:
      if isOn { violations.append("CMDQ_CONS written while it is on") }
      consumer = value
    case .identification0, .identification1, .identification5, .acknowledged,
      .errors:
      break
    case nil: others[register.offset] = value
    }
  }

  private func whileOff(_ name: String, _ body: () -> Void) {
    if Control.enable.isSet(in: control | acknowledged) {
      violations.append("\(name) written while it translates")
    }
    body()
  }

  private func writeControl(_ value: UInt64) {
    if controlBusy > 0 { violations.append("CR0 written while busy") }
    control = value
    controlBusy = value == acknowledged ? 0 : busyReads
    if controlBusy == 0 { acknowledged = value }
    work()
  }

  /// Works its queue off, up to an error.
  func work() {
    while Control.queue.isSet(in: control), consumer != producer,
      (errors ^ seenErrors) & 1 == 0
    {
      let base = queueBase & SMMUv3Entry.address.mask & ~0xfff
      let slot =
        PhysicalAddress(base) + (consumer & 255) * SMMUv3Command.size
      let command = SMMUv3Command(
        low: kernel.load(slot), high: kernel.load(slot + 8))
      guard let kind = kind(of: command), kind != illegal else {
        reason = SMMUv3Register.Reason.illegal
        errors ^= 1
        return
      }
      reason = 0
      commands.append(command)
      consumer = (consumer + 1) & 511
    }
  }

  func kind(of command: SMMUv3Command) -> SMMUv3Command.Kind? {
    SMMUv3Command.Kind(rawValue: SMMUv3Command.Field.kind.read(command.low))
  }

  /// The kinds of what it was given since the last call.
  func takeKinds() -> [SMMUv3Command.Kind?] {
    defer { commands = [] }
    return commands.map(kind(of:))
  }
}
