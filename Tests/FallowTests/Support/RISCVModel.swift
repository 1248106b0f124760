// SPDX-License-Identifier: Apache-2.0

@testable import Fallow

/// The registers of a RISC-V IOMMU as its specification has them: fields that
/// are WARL keep what they cannot hold out, and writes to `ddtp` and `cqcsr`
/// take a while.
final class RISCVModel: RegisterModel {
  typealias Capability = RISCVIOMMURegister.Capability
  typealias Directory = RISCVIOMMURegister.Directory
  typealias Queue = RISCVIOMMURegister.Queue

  let kernel: ScriptedKernel
  var capabilities =
    Capability.version(1) | Capability.sv39(1) | Capability.updatesBits(1)
    | Capability.processIDs(7)
  /// What `iommu_mode` can hold.
  var modes: Set<UInt64> = [0, 1, 2, 3, 4]
  /// The most commands of a queue, less 1, as a power of two.
  var largestQueue: UInt64 = 15
  /// Bare, as firmware may leave it.
  var directory: UInt64 = 1
  /// Whether `fctl.BE` is set, and stays so.
  var isBigEndian = false
  var keepsBigEndian = false
  var queueBase: UInt64 = 0
  var queueControl: UInt64 = 0
  var head: UInt64 = 0
  var tail: UInt64 = 0

  /// For how many reads a write to `ddtp` or `cqcsr` is under way.
  var busyReads = 0
  /// Whether the change to a directory goes on until this is false.
  var staysBusyWithDirectory = false
  private var directoryBusy = 0
  private var queueBusy = 0

  /// What it was given, in order.
  var commands: [RISCVIOMMUCommand] = []
  /// Whether it fetches nothing.
  var isDead = false
  /// What software did that the specification forbids.
  var violations: [String] = []

  init(_ kernel: ScriptedKernel) { self.kernel = kernel }

  func read(_ register: IOMMURegister) -> UInt64 {
    switch RISCVIOMMURegister(rawValue: register.offset) {
    case .capabilities: return capabilities
    case .features: return isBigEndian ? 1 : 0
    case .directory:
      defer { directoryBusy = max(directoryBusy - 1, 0) }
      let isBusy =
        directoryBusy > 0
        || staysBusyWithDirectory
          && Directory.mode.read(directory) > Directory.bare
      return directory | Directory.busy(isBusy ? 1 : 0)
    case .queueBase: return queueBase
    case .queueHead: return head
    case .queueTail: return tail
    case .queueControl:
      defer { queueBusy = max(queueBusy - 1, 0) }
      return queueControl | Queue.busy(queueBusy > 0 ? 1 : 0)
    case nil: return 0
    }
  }

  func write(_ value: UInt64, to register: IOMMURegister) {
    switch RISCVIOMMURegister(rawValue: register.offset) {
    case .features: isBigEndian = keepsBigEndian || value & 1 != 0
    case .directory: writeDirectory(value)
    case .queueBase:
      if queueBusy > 0 || Queue.isOn.isSet(in: queueControl) {
        violations.append("cqb written while busy or on")
      }
      let size = RISCVIOMMURegister.QueueBase.size
      queueBase = value & ~size.mask | size(min(size.read(value), largestQueue))
    case .queueTail:
      tail = value
      if !isDead { work() }
    case .queueControl: writeQueueControl(value)
    case .capabilities, .queueHead, nil: break
    }
  }

  private func writeDirectory(_ value: UInt64) {
    if directoryBusy > 0 { return violations.append("ddtp written while busy") }
    let mode = Directory.mode.read(value)
    let before = Directory.mode.read(directory)
    if mode > Directory.bare && before > Directory.bare {
      violations.append("a directory in the place of another")
    }
    directoryBusy = busyReads
    if modes.contains(mode) { directory = value & ~Directory.busy.mask }
  }

  private func writeQueueControl(_ value: UInt64) {
    if queueBusy > 0 { return violations.append("cqcsr written while busy") }
    queueBusy = busyReads
    if Queue.enable.isSet(in: value), !Queue.isOn.isSet(in: queueControl) {
      head = 0
    }
    let isOn = Queue.enable.read(value)
    queueControl = Queue.enable(isOn) | Queue.isOn(isOn)
  }

  /// Works its queue off.
  func work() {
    while Queue.isOn.isSet(in: queueControl), head != tail {
      let base = RISCVIOMMURegister.QueueBase.frame.read(queueBase)
      let slot = FrameNumber(base).address + head * RISCVIOMMUCommand.size
      let command = RISCVIOMMUCommand(
        low: kernel.load(slot), high: kernel.load(slot + 8))
      commands.append(command)
      typealias Field = RISCVIOMMUCommand.Field
      if kind(of: command) == .fence, Field.hasAddress.isSet(in: command.low) {
        kernel.store(
          Field.data.read(command.low), to: PhysicalAddress(command.high << 2))
      }
      head = (head + 1) & 255
    }
  }

  func kind(of command: RISCVIOMMUCommand) -> RISCVIOMMUCommand.Kind? {
    RISCVIOMMUCommand.Kind(
      rawValue: RISCVIOMMUCommand.Field.kind.read(command.low))
  }

  /// The kinds of what it was given since the last call.
  func takeKinds() -> [RISCVIOMMUCommand.Kind?] {
    defer { commands = [] }
    return commands.map(kind(of:))
  }
}
