// SPDX-License-Identifier: Apache-2.0

@testable import Fallow

/// The registers of a VT-d IOMMU, whose queue answers within the store that
/// rings its bell.
final class VTdModel: RegisterModel {
  typealias Capability = VTdRegister.Capability
  typealias Extended = VTdRegister.ExtendedCapability
  typealias Global = VTdRegister.Global

  let kernel: ScriptedKernel
  var capability =
    Capability.maxAddressMask(18) | Capability.pageSelective(1)
    | Capability.drainsReads(1) | Capability.drainsWrites(1)
    | Capability.gigabyteLeaves(1) | Capability.domains(6)
  var extended =
    Extended.coherent(1) | Extended.queue(1) | Extended.scalable(1)
    | Extended.firstStage(1) | Extended.snoopedWalks(1) | Extended.pasids(1)
    | Extended.pasidSize(19) | Extended.deviceTLBs(1)
  var status: UInt64 = 0
  var rootTable: UInt64 = 0
  var queueAddress: UInt64 = 0
  var head: UInt64 = 0
  var tail: UInt64 = 0

  /// What it was given, in order.
  var descriptors: [VTdDescriptor] = []
  /// Whether it fetches nothing.
  var isDead = false
  /// Whether it fetches again once its queue was switched off.
  var revives = false
  /// Bits of the global command register that it does not switch on.
  var deafBits: UInt64 = 0
  /// Bits of the global command register that it does not switch off.
  var stuckBits: UInt64 = 0
  /// What software did that the manual forbids.
  var violations: [String] = []

  init(_ kernel: ScriptedKernel) { self.kernel = kernel }

  func read(_ register: IOMMURegister) -> UInt64 {
    switch VTdRegister(rawValue: register.offset) {
    case .capability: capability
    case .extendedCapability: extended
    case .globalStatus: status
    case .rootTableAddress: rootTable
    case .queueHead: head
    case .queueTail: tail
    case .queueAddress: queueAddress
    case .globalCommand, .faultStatus, nil: 0
    }
  }

  func write(_ value: UInt64, to register: IOMMURegister) {
    switch VTdRegister(rawValue: register.offset) {
    case .globalCommand:
      status =
        value & ~deafBits | status & (Global.rootTable.mask | stuckBits)
      if !Global.queue.isSet(in: status) {
        head = 0
        if revives { isDead = false }
      }
    case .queueAddress:
      if Global.queue.isSet(in: status) {
        violations.append("IQA written while QIES=1")
      }
      queueAddress = value
    case .rootTableAddress:
      if Global.translation.isSet(in: status) {
        violations.append("RTADDR written while TES=1")
      }
      rootTable = value
    case .queueTail:
      tail = value
      if !isDead { work() }
    case .capability, .extendedCapability, .globalStatus, .faultStatus,
      .queueHead, nil:
      break
    }
  }

  /// Where it reads about its devices.
  var table: FrameNumber {
    FrameNumber(
      containing: PhysicalAddress(rootTable & VTdRegister.RootTable.address))
  }

  /// Works its queue off.
  func work() {
    while Global.queue.isSet(in: status), head != tail {
      let slot = PhysicalAddress(queueAddress & ~0xfff) + head
      let descriptor = VTdDescriptor(
        low: kernel.load(slot), high: kernel.load(slot + 8))
      descriptors.append(descriptor)
      if kind(of: descriptor) == .wait {
        kernel.store(
          VTdDescriptor.Field.statusData.read(descriptor.low),
          to: PhysicalAddress(descriptor.high))
      }
      head = (head + VTdDescriptor.size) % FrameNumber.size
    }
  }

  func kind(of descriptor: VTdDescriptor) -> VTdDescriptor.Kind? {
    VTdDescriptor.Kind(rawValue: VTdDescriptor.Field.kind.read(descriptor.low))
  }

  /// The kinds of what it was given since the last call.
  func takeKinds() -> [VTdDescriptor.Kind?] {
    defer { descriptors = [] }
    return descriptors.map(kind(of:))
  }
}
