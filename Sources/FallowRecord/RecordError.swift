// SPDX-License-Identifier: Apache-2.0

/// Why a kernel cannot be recorded, and what to do about it.
public enum RecordError: Error, Equatable, Sendable {
  /// The machine or the system is not one that can be recorded.
  case unsupportedMachine
  /// The process lacks the rights.
  case notRoot
  /// The recording's file exists already.
  case fileExists(path: String)
  /// The recording's file cannot be written.
  case cannotWrite(path: String, reason: String)
  /// A file of the kernel cannot be read.
  case cannotRead(path: String, reason: String)
  /// The kernel hides the addresses of its symbols.
  case hiddenAddresses
  /// The kernel does not defer the free of its tables.
  case noDeferredFree(kernel: String, symbol: String)
  /// The kernel is locked down for confidentiality.
  case lockedDown
  /// Probes are switched off.
  case probesDisabled
  /// The kernel was built without what probes need.
  case noProbes(missing: String)
  /// The call by which the worker releases tables was not found.
  case noReleaseSite(kernel: String)
  /// A structure is laid out in another way than the programs expect.
  case differentLayout(difference: String)
  /// The kernel refused a map, a program or a probe.
  case refused(what: String, reason: String)
  /// The recorder's test of itself failed.
  case selfTestFailed(reason: String)
  /// The command cannot be run.
  case cannotRun(command: String, reason: String)
  /// The programs that come with the recorder are damaged.
  case damagedPrograms(reason: String)
}

extension RecordError: CustomStringConvertible {
  /// What is wrong and what to do: one line without a full stop.
  public var description: String {
    switch self {
    case .unsupportedMachine:
      "record: needs Linux on x86-64; a recording can be audited anywhere"
    case .notRoot:
      "record: must be run as root: it reads the kernel's memory"
    case .fileExists(let path):
      "record: \(path) exists; name another file with -o, or use --force"
    case .cannotWrite(let path, let reason):
      "record: \(path) cannot be written: \(reason)"
    case .cannotRead(let path, let reason):
      "record: \(path) cannot be read: \(reason)"
    case .hiddenAddresses:
      "record: the kernel hides its addresses; set kernel.kptr_restrict to 1 "
        + "(sysctl kernel.kptr_restrict=1)"
    case .noDeferredFree(let kernel, let symbol):
      "record: this kernel (\(kernel)) gives kernel page-table pages back at "
        + "once: it has no \(symbol), which Linux has with "
        + "CONFIG_ASYNC_KERNEL_PGTABLE_FREE; there is nothing to record"
    case .lockedDown:
      "record: the kernel is locked down in confidentiality mode and does not "
        + "let its memory be read; boot with lockdown=integrity or without"
    case .probesDisabled:
      "record: kprobes are disabled; write 1 to "
        + "/sys/kernel/debug/kprobes/enabled"
    case .noProbes(let missing):
      "record: the kernel has no kprobes for perf: \(missing) is missing "
        + "(CONFIG_KPROBE_EVENTS and CONFIG_PERF_EVENTS)"
    case .noReleaseSite(let kernel):
      "record: cannot find where the worker of this kernel (\(kernel)) gives "
        + "pages back: no call of the page allocator in "
        + "kernel_pgtable_work_func"
    case .differentLayout(let difference):
      "record: this kernel lays out its descriptors in another way: "
        + "\(difference)"
    case .refused(let what, let reason):
      "record: the kernel refused \(what): \(reason)"
    case .selfTestFailed(let reason):
      "record: the recorder's test of itself failed: \(reason)"
    case .cannotRun(let command, let reason):
      "record: \(command) cannot be run: \(reason)"
    case .damagedPrograms(let reason):
      "record: the recorder's programs are damaged: \(reason)"
    }
  }
}
