// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// Locks of the searched code's own.
extension KernelLock {
  /// A spin lock of the searched code's own: its holder does not sleep.
  ///
  /// - Parameter number: Which of them.
  /// - Precondition: `0 <= number && number < 5`
  public static func spin(_ number: Int) -> KernelLock {
    precondition((0..<5).contains(number), "there are 5 spin locks")
    return KernelLock(rawValue: UInt8(3 + number))
  }

  /// A lock of the searched code's own whose holder may sleep.
  ///
  /// - Parameter number: Which of them.
  /// - Precondition: `0 <= number && number < 4`
  public static func mutex(_ number: Int) -> KernelLock {
    precondition((0..<4).contains(number), "there are 4 mutexes")
    return KernelLock(rawValue: UInt8(12 + number))
  }

  /// Whether it is a spin lock.
  var spins: Bool {
    (KernelLock.foreignList.rawValue...KernelLock.spin(4).rawValue)
      .contains(rawValue)
  }
}
