// SPDX-License-Identifier: Apache-2.0

/// What an IOMMU reads from memory: the structures that lead to a device's
/// tables, and its queue.
public enum IOMMUStructures: UInt8, BitwiseCopyable, Sendable {
  /// Nothing: the machine's own driver speaks to it.
  case none
  /// Those of VT-d: `VTd` drives it.
  case vtd
  /// Those of the RISC-V IOMMU: `RISCVIOMMU` drives it.
  case riscv
  /// Those of SMMUv3: `SMMUv3` drives it.
  case smmuv3

  /// Their manual; nil if there are none.
  var manual: (any IOMMUManual.Type)? {
    switch self {
    case .none: nil
    case .vtd: VTdManual.self
    case .riscv: RISCVManual.self
    case .smmuv3: SMMUv3Manual.self
    }
  }
}
