// SPDX-License-Identifier: Apache-2.0

internal import FallowRecordSystem

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Shows that a probe fires and that a walk of the kernel's page tables leads
/// where it must, before anything is recorded.
///
/// Without it, a kernel with its probes switched off would look like one that
/// frees no table, and a wrong root or base like one that clears every entry.
struct SelfTest {
  /// A physical address that machines have memory at, aligned to a page and
  /// to no larger leaf.
  private static let physical: UInt64 = 0x123_4000

  private static let present: UInt64 = 1
  private static let large: UInt64 = 0x80
  private static let addressBits: UInt64 = 0x000F_FFFF_FFFF_F000
  /// The memory type's bit of a large leaf, within the address.
  private static let largeTypeBit: UInt64 = 0x1000

  /// Adds to the settings what the test's program needs.
  static func prepare(_ settings: inout fallow_settings) {
    settings.test_process = UInt64(getpid())
    settings.test_address = (
      settings.direct_map + physical,
      settings.descriptors + ((physical >> 12) << 6)
    )
  }

  /// Judges the event of the test's probe.
  ///
  /// - Throws: ``RecordError/selfTestFailed(reason:)``.
  static func judge(_ event: fallow_event?) throws(RecordError) {
    guard let event, event.kind == FALLOW_SELF_TEST.rawValue else {
      throw .selfTestFailed(
        reason: "a probe on a system call did not fire; are kprobes disabled "
          + "(/sys/kernel/debug/kprobes/enabled)?")
    }
    let memory = event.stack.0
    let descriptors = event.stack.2
    guard isLeaf(memory, of: physical) else {
      throw .selfTestFailed(
        reason: "a walk of the page tables to the direct map's address of "
          + "physical 0x\(String(physical, radix: 16)) ends at an entry "
          + "0x\(String(memory, radix: 16))")
    }
    guard descriptors & present != 0 else {
      throw .selfTestFailed(
        reason: "a walk of the page tables to a frame's descriptor ends at an "
          + "entry 0x\(String(descriptors, radix: 16)) that is not present")
    }
  }

  /// Whether a leaf entry maps a physical address: as 4 KiB, 2 MiB or 1 GiB.
  private static func isLeaf(_ value: UInt64, of physical: UInt64) -> Bool {
    guard value & present != 0 else { return false }
    let address = value & addressBits
    if address == physical { return true }
    guard value & large != 0 else { return false }
    return [21, 30].contains {
      address & ~largeTypeBit == (physical >> $0) << $0
    }
  }
}
