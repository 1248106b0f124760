// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// The registers of an SMMUv3.
///
/// Of the two that report errors, `seen` is what software has acknowledged, and
/// `status` is where the SMMU's own differs from it.
extension SMMUv3Manual {
  static func isConstant(_ register: IOMMURegister) -> Bool {
    switch SMMUv3Register(rawValue: register.offset) {
    case .control, .acknowledged, .errors, .seenErrors, .queueConsumer: false
    case .identification0, .identification1, .identification5, .accesses,
      .broadcasts, .bypass, .streamTable, .streamTableShape, .queueBase,
      .queueProducer, nil:
      true
    }
  }

  static func reportsErrors(_ register: IOMMURegister) -> Bool {
    register.offset == SMMUv3Register.errors.rawValue
      || register.offset == SMMUv3Register.seenErrors.rawValue
  }

  static func read(
    _ register: IOMMURegister, _ memory: IOMMUMemory
  ) -> UInt64 {
    typealias Field = SMMUv3Register.Identification
    return switch SMMUv3Register(rawValue: register.offset) {
    case .identification0:
      Field.stage1(1) | Field.formats(2) | Field.coherent(1)
        | Field.updates(2) | Field.wideTags(1)
    case .identification1:
      Field.streamBits(6) | Field.substreamBits(1) | Field.queueSize(8)
    case .identification5: Field.addressSize(5) | Field.pages4KiB(1)
    case .control: memory.requested ?? memory[.mode]
    case .acknowledged: memory[.mode]
    case .errors: memory[.seen] ^ memory[.status]
    case .seenErrors: memory[.seen]
    case .queueConsumer: memory[.head]
    case .accesses, .broadcasts, .bypass, .streamTable, .streamTableShape,
      .queueBase, .queueProducer, nil:
      0
    }
  }

  static func write(
    _ value: UInt64, to register: IOMMURegister, _ memory: IOMMUMemory
  ) -> Bool {
    switch SMMUv3Register(rawValue: register.offset) {
    case .control:
      guard memory.requested == nil else { return false }
      memory.request(value)
    case .seenErrors:
      // A bit is toggled to acknowledge an error, and no other.
      guard (memory[.seen] ^ value) & ~memory[.status] == 0 else {
        return false
      }
      memory[.status] = memory[.status] & ~(memory[.seen] ^ value)
      memory[.seen] = value
      if memory[.status] == 0 { memory[.head] = memory[.head] & positions.mask }
    case .queueProducer: memory[.tail] = value
    case .queueConsumer:
      guard isOff(memory) else { return false }
      memory[.head] = value
    case .queueBase: return isOff(memory)
    case .identification0, .identification1, .identification5, .acknowledged,
      .accesses, .broadcasts, .bypass, .errors, .streamTable,
      .streamTableShape, nil:
      break
    }
    return true
  }

  /// Whether the queue is off, and not about to be switched on.
  private static func isOff(_ memory: IOMMUMemory) -> Bool {
    let queue = SMMUv3Register.Control.queue
    return !queue.isSet(in: memory[.mode])
      && !queue.isSet(in: memory.requested ?? 0)
  }

  static func settle(_ value: UInt64, _ memory: IOMMUMemory) {
    memory[.mode] = value
  }
}
