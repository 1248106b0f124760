// SPDX-License-Identifier: Apache-2.0

@testable import Fallow

/// What a kernel does with AArch64's tables, as Casemate reads it: lines of
/// `mem-write`, `barrier`, `tlbi` and hints, of stage 1 at EL2, which is what
/// Casemate knows with one root.
///
/// The format is that of Casemate 3.0 (rems-project), "Trace format" of its
/// manual. One thread at a time writes it.
final class CasemateTrace: @unchecked Sendable {
  private(set) var lines: [String] = []
  /// The frames that are tables.
  private var tables: Set<UInt64> = []
  private var root: FrameNumber?
  /// Whether flushes of the CPUs are left out.
  var omitsFlushes = false

  /// The registers that say which tables are walked, and the lock without which
  /// Casemate lets nobody change them: the one thread holds it.
  func begin(at root: FrameNumber) {
    self.root = root
    add("sysreg-write", "(sysreg ttbr0_el2) (value \(hex(root.address)))")
    add("sysreg-write", "(sysreg sctlr_el2) (value 1)")
    add("lock", "(address 10)")
  }

  init() {
    for (register, value) in [
      ("vtcr_el2", 10), ("tcr_el2", 10), ("mair_el2", 0), ("hcr_el2", 0),
      ("sctlr_el2", 0),
    ] {
      add("sysreg-write", "(sysreg \(register)) (value \(value))")
    }
  }

  /// The whole trace.
  var text: String { lines.map { $0 + "\n" }.joined() }

  private func hex(_ address: PhysicalAddress) -> String {
    String(address.rawValue, radix: 16)
  }

  private func add(_ kind: String, _ fields: String) {
    lines.append(
      "(\(kind) (id \(lines.count)) (tid 0) \(fields) (src \"fallow:1\"))")
  }

  private func hint(_ kind: String, _ table: FrameNumber, _ value: String) {
    add(
      "hint",
      "(kind \(kind)) (location \(hex(table.address))) (value \(value))")
  }

  // MARK: What the kernel does

  /// A frame is taken for a table: the first one is the root's.
  func take(_ table: FrameNumber) {
    tables.insert(table.rawValue)
    add("mem-init", "(address \(hex(table.address))) (size 1000)")
    if let root {
      hint("set_owner_root", table, hex(root.address))
    } else {
      hint("set_root_lock", table, "10")
    }
  }

  func release(_ table: FrameNumber) {
    hint("release_table", table, "0")
    tables.remove(table.rawValue)
  }

  func write(_ value: UInt64, to entry: PhysicalAddress, _ order: String) {
    guard tables.contains(FrameNumber(containing: entry).rawValue) else {
      return
    }
    add(
      "mem-write",
      "(mem-order \(order)) (address \(hex(entry)))"
        + " (value \(String(value, radix: 16)))")
  }

  func flush() {
    if omitsFlushes { return }
    add("barrier", "dsb (kind ish)")
    add("tlbi", "alle2is")
    add("barrier", "dsb (kind ish)")
  }
}

/// A hosted kernel whose accesses to tables are traced.
@safe
struct TracedKernel: Platform, DirectMapped, X86Processors {
  let kernel: HostedKernel
  let reference: Unmanaged<CasemateTrace>

  /// - Precondition: The caller keeps the trace.
  init(_ kernel: HostedKernel, _ trace: CasemateTrace) {
    self.kernel = kernel
    unsafe reference = .passUnretained(trace)
  }

  var trace: CasemateTrace { unsafe reference.takeUnretainedValue() }

  var directMap: DirectMap { kernel.directMap }
  var cpuCount: Int { kernel.cpuCount }
  func currentCPU() -> Int { kernel.currentCPU() }

  func store(_ value: UInt64, to entry: PhysicalAddress) {
    kernel.store(value, to: entry)
    trace.write(value, to: entry, "release")
  }

  func exchange(_ value: UInt64, at entry: PhysicalAddress) -> UInt64 {
    trace.write(value, to: entry, "release")
    return kernel.exchange(value, at: entry)
  }

  func compareExchange(
    _ entry: PhysicalAddress, expected: UInt64, desired: UInt64
  ) -> UInt64 {
    let old = kernel.compareExchange(
      entry, expected: expected, desired: desired)
    if old == expected { trace.write(desired, to: entry, "release") }
    return old
  }

  func fill(
    _ entry: PhysicalAddress, count: Int, first: UInt64, step: UInt64
  ) {
    kernel.fill(entry, count: count, first: first, step: step)
    for index in 0..<count {
      trace.write(
        first &+ step &* UInt64(index),
        to: entry.advanced(byEntries: index), "plain")
    }
  }

  func allocate(order: Int) -> FrameNumber {
    let block = kernel.allocate(order: order)
    if block != .none { trace.take(block) }
    return block
  }

  func free(_ block: FrameNumber, order: Int) {
    trace.release(block)
    kernel.free(block, order: order)
  }

  func flush(
    _ range: VirtualRange, of root: FrameNumber?, _ scope: FlushScope
  ) {
    trace.flush()
  }

  func enterReadSection() { kernel.enterReadSection() }
  func leaveReadSection() { kernel.leaveReadSection() }
  func awaitReaders() { kernel.awaitReaders() }
  func readersHaveLeft() -> Bool { kernel.readersHaveLeft() }
  func lock(_ lock: KernelLock) { kernel.lock(lock) }
  func unlock(_ lock: KernelLock) { kernel.unlock(lock) }
  func scheduleWorker(after delay: UInt64) {}
  func dropped(_ frame: FrameNumber) { kernel.dropped(frame) }

  func fault(_ fault: LifecycleFault, at frame: FrameNumber) -> Never {
    kernel.fault(fault, at: frame)
  }
}
