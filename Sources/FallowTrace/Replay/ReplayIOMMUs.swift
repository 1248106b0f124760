// SPDX-License-Identifier: Apache-2.0

public import Fallow
public import FallowMachine

/// The IOMMUs of the machine that a replay runs on, and the library's driver of
/// them.
///
/// Tables of four levels, with the kernel half where x86-64 has it, are what a
/// recording of x86-64 can be replayed with: ``vtd`` and ``riscv``.
public struct ReplayIOMMUs<Driver: DeviceExpelling>
where Driver.P == MachinePlatform {
  /// What the machine is.
  let architecture: Machine.Architecture
  /// Starts the driver of a machine's IOMMUs.
  let start: (Machine) -> Driver
  /// Makes a device known again that was expelled.
  let add: (Driver, Device, DeviceTLB?) -> AddOutcome
}

/// The driver of a machine, which starts when it is first asked for: the frames
/// that it takes come after those of what was made before.
final class StartedDriver<Driver: DeviceExpelling>
where Driver.P == MachinePlatform {
  private let start: () -> Driver
  private(set) lazy var driver = start()

  init(of iommus: ReplayIOMMUs<Driver>, on machine: Machine) {
    start = { iommus.start(machine) }
  }
}

extension ReplayIOMMUs where Driver == VTd<MachinePlatform> {
  /// Intel VT-d.
  public static var vtd: Self {
    Self(architecture: .x86) {
      $0.driver
    } add: {
      $0.add($1, tlb: $2)
    }
  }
}

extension ReplayIOMMUs where Driver == RISCVIOMMU<MachinePlatform, RISCVSv48> {
  /// The RISC-V IOMMU, whose devices have no TLBs of their own.
  public static var riscv: Self {
    Self(architecture: .riscvSv48) {
      $0.startRISCVDriver(RISCVSv48.self)
    } add: { driver, device, _ in
      driver.add(device)
    }
  }
}
