// SPDX-License-Identifier: Apache-2.0

extension Machine {
  /// What the CPUs walk, and which IOMMUs there are.
  public enum Architecture: Equatable, Sendable {
    /// x86-64's tables of 4 levels, and VT-d.
    case x86
    /// RISC-V's tables of 3 levels, and the RISC-V IOMMU.
    case riscvSv39
    /// RISC-V's tables of 4 levels, and the RISC-V IOMMU.
    case riscvSv48

    /// AArch64's tables of 4 KiB, a root for each half, and the SMMUv3.
    case aarch64

    /// How many levels the tables have.
    var levels: Int {
      switch self {
      case .riscvSv39: 3
      case .x86, .riscvSv48, .aarch64: 4
      }
    }
  }
}
