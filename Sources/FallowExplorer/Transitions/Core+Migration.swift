// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Operations that go on on another CPU.
///
/// An operation stays where it is in a read section, under a spin lock and with
/// its interrupts off: there it is alone on its CPU. Where that is, it is not
/// known until code asks; then it is a CPU on which no other operation stays.
/// The worker, and the actor that carries out callbacks, do not migrate.
extension Core {
  /// Where a header says which CPU an actor stays on, counted from 1.
  private static let stayShift: UInt64 = 48

  private func stay(of actor: Int) -> Int {
    Int(
      truncatingIfNeeded: cells[layout.headers + actor] >> Self.stayShift & 0xf)
  }

  /// The CPU that the actor is on now: one of those that it can be on.
  mutating func currentCPU() -> Int {
    // Guard: operations-migrate
    guard layout.migrates, actor < layout.cpus, !runsThrough else {
      return cpu(of: actor)
    }
    let known = stay(of: actor)
    if known != 0 { return known - 1 }
    var others: UInt64 = 0
    for other in 0..<layout.cpus where stay(of: other) != 0 {
      others |= 1 << UInt64(stay(of: other) - 1)
    }
    var free = ~others & (1 << UInt64(layout.cpus) - 1)
    for _ in 0..<pick(free.nonzeroBitCount) { free &= free - 1 }
    let cpu = free.trailingZeroBitCount
    if stays {
      cells.setBits(
        UInt64(cpu + 1) << Self.stayShift, at: layout.headers + actor)
    }
    return cpu
  }

  /// Whether the actor cannot be moved to another CPU.
  private var stays: Bool {
    cells[Layout.readers] >> UInt64(actor) & 1 != 0 || areInterruptsOff(actor)
      || holdsSpinLock
  }

  /// Whether the actor holds a spin lock.
  var holdsSpinLock: Bool {
    (0..<Layout.lockCount).contains {
      KernelLock(rawValue: UInt8($0)).spins
        && cells[Layout.locks, byte: $0] == UInt8(actor + 1)
    }
  }

  /// The actor may be moved from now on, unless something else keeps it where
  /// it is.
  mutating func endStay() {
    guard layout.migrates, stay(of: actor) != 0, !stays else { return }
    cells.clearBits(0xf << Self.stayShift, at: layout.headers + actor)
  }
}
