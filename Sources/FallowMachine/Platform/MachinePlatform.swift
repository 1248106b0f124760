// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// The library's view of a machine.
///
/// It does not keep the machine alive.
@safe
public struct MachinePlatform: IOMMUPlatform, @unchecked Sendable {
  /// Operations run through: no access is interrupted.
  public typealias Interruption = Never

  private let address: UInt

  init(_ machine: Machine) {
    address = unsafe UInt(
      bitPattern: Unmanaged.passUnretained(machine).toOpaque())
  }

  @inline(__always)
  var machine: Machine {
    guard let pointer = unsafe UnsafeRawPointer(bitPattern: address) else {
      preconditionFailure("no machine")
    }
    return unsafe Unmanaged<Machine>.fromOpaque(pointer)
      ._withUnsafeGuaranteedRef { $0 }
  }
}

extension Machine {
  /// The library's view of this machine; it does not keep the machine alive.
  public var platform: MachinePlatform { MachinePlatform(self) }
}
