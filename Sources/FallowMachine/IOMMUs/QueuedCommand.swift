// SPDX-License-Identifier: Apache-2.0

import Fallow

/// A command in the queue of an IOMMU, in the encoding of its kind.
enum QueuedCommand {
  case vtd(VTdDescriptor)
  case riscv(RISCVIOMMUCommand)
  case smmu(SMMUv3Command)

  /// Whether it keeps what is before it from what is after it.
  var keepsOrder: Bool {
    switch self {
    case .vtd(let descriptor): descriptor.kind == .wait
    case .riscv(let command): command.kind == .fence
    case .smmu(let command): command.kind == .sync
    }
  }

  /// Whether it is for a device's own TLB.
  var isDeviceRequest: Bool {
    switch self {
    case .vtd(let descriptor): descriptor.isDeviceRequest
    case .riscv, .smmu: false
    }
  }

  /// What it asks an IOTLB to drop; nil if it is another.
  var request: InvalidationRequest? {
    switch self {
    case .vtd(let descriptor): InvalidationRequest(descriptor)
    case .riscv(let command): InvalidationRequest(command)
    case .smmu(let command): InvalidationRequest(command)
    }
  }
}
