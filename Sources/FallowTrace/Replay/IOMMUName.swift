// SPDX-License-Identifier: Apache-2.0

/// The IOMMUs that the machine of a replay can have.
public enum IOMMUName: String, CaseIterable, Sendable {
  /// Intel VT-d.
  case vtd
  /// The RISC-V IOMMU, whose devices walk the same tables in the format Sv48.
  case riscv

  /// Whether devices can have TLBs of their own here, which fail by themselves.
  public var hasDeviceTLBs: Bool {
    switch self {
    case .vtd: true
    case .riscv: false
    }
  }
}
