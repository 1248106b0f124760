public import Fallow

/// The library's view of a machine.
///
/// It does not keep the machine alive.
@safe
public struct MachinePlatform: Platform, @unchecked Sendable {
  /// Operations run through: no access is interrupted.
  public typealias Interruption = Never

  private let reference: Unmanaged<Machine>

  init(_ machine: Machine) {
    unsafe reference = .passUnretained(machine)
  }

  @inline(__always)
  var machine: Machine {
    unsafe reference._withUnsafeGuaranteedRef { $0 }
  }
}

extension Machine {
  /// The library's view of this machine; it does not keep the machine alive.
  public var platform: MachinePlatform { MachinePlatform(self) }

  /// How the library speaks to the IOMMUs of this machine.
  public var driver: MachineDriver { MachineDriver(platform: platform) }
}
