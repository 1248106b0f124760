// SPDX-License-Identifier: Apache-2.0

internal import FallowRecordSystem

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The running kernel: its symbols, its memory, and where the probes go.
struct TargetKernel {
  /// The kernel's release, as `uname -r` prints it.
  let release: String
  /// The kernel's version, as `uname -v` prints it.
  let version: String
  let symbols: KernelSymbols
  let plan: ProbePlan
  /// The kernel describes the types that the programs read.
  let isLayoutChecked: Bool
  /// Where a system call begins that only the self-test makes.
  let selfTestCall: UInt64

  private let memory: KernelMemory
  private let list: UInt64?

  /// Looks at the running kernel.
  ///
  /// - Throws: ``RecordError`` that names why it cannot be recorded.
  init() throws(RecordError) {
    let (release, version) = Self.name
    let symbols = try KernelSymbols(SystemFile.bytes("/proc/kallsyms"))
    // Whether there is anything to record, before anything is asked for.
    _ = try ProbePlan.address("pagetable_free_kernel", release, symbols)
    let memory = try KernelMemory()
    let isLayoutChecked = try Self.checkLayout()
    guard let start = symbols.address(of: "_stext"),
      let end = symbols.address(of: "_etext"), start < end,
      end - start < 1 << 30
    else {
      throw .cannotRead(path: "/proc/kallsyms", reason: "no text in it")
    }
    let text = KernelText(
      try memory.bytes(at: start, count: Int(end - start)), at: start)
    let plan = try ProbePlan(kernel: release, symbols, text)
    guard let call = symbols.address(of: "__x64_sys_getppid") else {
      throw .noProbes(missing: "__x64_sys_getppid")
    }
    self.release = release
    self.version = version
    self.symbols = symbols
    self.isLayoutChecked = isLayoutChecked
    self.plan = plan
    selfTestCall = call
    list = symbols.address(of: "kernel_pgtable_work")
    self.memory = memory
  }

  private static var name: (release: String, version: String) {
    (
      SystemFile.line("/proc/sys/kernel/osrelease") ?? "unknown",
      SystemFile.line("/proc/sys/kernel/version") ?? "unknown"
    )
  }

  private static func checkLayout() throws(RecordError) -> Bool {
    guard let bytes = try? SystemFile.bytes("/sys/kernel/btf/vmlinux"),
      let types = TypeInformation(bytes)
    else { return false }
    return try DescriptorLayout.check(types)
  }

  /// The settings with which the programs walk this kernel's page tables.
  func settings() throws(RecordError) -> fallow_settings {
    var settings = fallow_settings()
    settings.root = try address("init_top_pgt")
    settings.direct_map = try word("page_offset_base")
    settings.descriptors = try word("vmemmap_base")
    settings.encryption =
      try symbols.address(of: "sme_me_mask") == nil
      ? 0 : word("sme_me_mask")
    // An unsigned int; a kernel without it has four levels.
    let shift =
      symbols.address(of: "pgdir_shift") == nil
      ? 39 : UInt32(truncatingIfNeeded: try word("pgdir_shift"))
    settings.levels = shift == 48 ? 5 : 4
    SelfTest.prepare(&settings)
    return settings
  }

  private func address(_ name: String) throws(RecordError) -> UInt64 {
    guard let address = symbols.address(of: name), address != 0 else {
      throw .cannotRead(path: "/proc/kallsyms", reason: "no \(name) in it")
    }
    return address
  }

  private func word(_ name: String) throws(RecordError) -> UInt64 {
    try memory.word(at: address(name))
  }

  /// Whether no table is queued; nil if the list cannot be read.
  ///
  /// The list is the first member of the work's structure: an empty one points
  /// to itself (include/linux/list.h).
  func isListEmpty() -> Bool? {
    guard let list, let first = try? memory.word(at: list) else { return nil }
    return first == list
  }
}
