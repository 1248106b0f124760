// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowRecord

/// The plan for a kernel that is made up.
@Suite struct ProbePlanTests {
  private static let start: UInt64 = 0xFFFF_FFFF_8100_0000

  /// A kernel: functions of 256 bytes, and the calls in them.
  private struct Kernel {
    var names: [String]
    var calls: [(from: String, to: String)]

    func address(_ name: String) -> UInt64 {
      start + 256 * UInt64(names.firstIndex(of: name) ?? 0)
    }

    func plan() throws(RecordError) -> ProbePlan {
      let list = (names + ["_etext"]).enumerated().map {
        String(start + 256 * UInt64($0.offset), radix: 16) + " t \($0.element)"
      }
      var bytes = [UInt8](repeating: 0x90, count: 256 * names.count)
      for (number, call) in calls.enumerated() {
        let place = address(call.from) + 16 + 8 * UInt64(number)
        let offset = Int64(bitPattern: address(call.to) &- place &- 5)
        let index = Int(place - start)
        bytes[index] = 0xE8
        for byte in 0..<4 {
          bytes[index + 1 + byte] = UInt8(
            truncatingIfNeeded: offset >> (8 * Int64(byte)))
        }
      }
      return try ProbePlan(
        kernel: "test",
        KernelSymbols(Array((list.joined(separator: "\n") + "\n").utf8)),
        KernelText(bytes, at: start))
    }
  }

  private static let kernel = Kernel(
    names: [
      "_stext", "pagetable_free_kernel", "kernel_pgtable_work_func",
      "iommu_sva_invalidate_kva_range", "__free_pages", "_raw_spin_unlock",
      "cpa_flush", "zap_huge_pmd", "remove_pagetable",
    ],
    calls: [
      ("kernel_pgtable_work_func", "_raw_spin_unlock"),
      ("kernel_pgtable_work_func", "__free_pages"),
      ("cpa_flush", "pagetable_free_kernel"), ("cpa_flush", "__free_pages"),
      ("zap_huge_pmd", "pagetable_free_kernel"),
      ("zap_huge_pmd", "__free_pages"),
    ])

  @Test func everyEventHasItsProbe() throws {
    let plan = try Self.kernel.plan()
    let worker = Self.kernel.address("kernel_pgtable_work_func")
    #expect(
      Set(plan.probes.compactMap(\.event)) == [
        "kpt_free", "kpt_work", "kpt_work_ret", "kpt_splice", "kva_inval",
        "kva_inval_ret", "kpt_page_free", "now_free",
      ])
    #expect(plan.probes.last?.event == "kpt_free")
    let release = plan.probes.filter { $0.event == "kpt_page_free" }
    #expect(release.map(\.address) == [worker + 24])
    let taken = plan.probes.filter { $0.event == "kpt_splice" }
    #expect(taken.map(\.address) == [worker + 16])
  }

  @Test func tablesOfProcessesAreLeftAlone() throws {
    let plan = try Self.kernel.plan()
    #expect(plan.routes.map(\.function) == ["cpa_flush", "zap_huge_pmd"])
    let atOnce = plan.probes.filter { $0.event == "now_free" }
    #expect(atOnce.map(\.address) == plan.routes[0].atOnce)
  }

  @Test func everyProbeHasAProgram() throws {
    let programs = try ProgramObject().programs
    for probe in try Self.kernel.plan().probes {
      #expect(programs[probe.program] != nil, "\(probe.program)")
    }
  }

  @Test func withoutTheReleaseThereIsNoRecording() {
    var kernel = Self.kernel
    kernel.calls.removeAll { $0.to == "__free_pages" }
    #expect(throws: RecordError.noReleaseSite(kernel: "test")) {
      try kernel.plan()
    }
  }

  @Test(arguments: ["pagetable_free_kernel", "kernel_pgtable_work_func"])
  func withoutTheDeferredFreeThereIsNoRecording(name: String) {
    var kernel = Self.kernel
    kernel.names = kernel.names.map { $0 == name ? "other" : $0 }
    #expect(
      throws: RecordError.noDeferredFree(kernel: "test", symbol: name)
    ) { try kernel.plan() }
  }

  @Test func withoutTheLockTheTakeHasNoProbe() throws {
    var kernel = Self.kernel
    kernel.calls.removeAll { $0.to == "_raw_spin_unlock" }
    #expect(
      try kernel.plan().probes.contains { $0.event == "kpt_splice" } == false)
  }
}
