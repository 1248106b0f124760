// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Fallow

/// The library's accesses to AArch64's tables, judged by Casemate, which knows
/// Arm's rules of break-before-make and of tables that are released and used
/// again.
///
/// `casemate-check` (rems-project/casemate) has to be in the search path; where
/// it is not, these tests are skipped.
@Suite(
  .enabled(
    if: CasemateCheck.path != nil, "casemate-check is not installed"))
struct CasemateTests {
  private typealias Scheme = Reclaimer<NoDevices>
  private typealias Kernel = KernelTree<AArch64FourKiB, Scheme>

  private struct NoDevices: UnmanagedIOMMUs {
    typealias Format = AArch64FourKiB
    let platform: TracedKernel
    var kernelHalf: VirtualRange { AArch64FourKiB.kernelHalf }
  }

  /// Maps and unmaps pages of three tables, at random, and reclaims.
  private func verdict(
    _ emptyTables: EmptyTablePolicy, omitsFlushes: Bool = false, seed: UInt64
  ) throws -> CasemateCheck.Verdict {
    let trace = CasemateTrace()
    trace.omitsFlushes = omitsFlushes
    try HostedMachine.run(frames: 2048) { machine in
      let scheme = Scheme(
        sharing: Sharing(
          driver: NoDevices(
            platform: TracedKernel(machine.kernel, trace))))
      let kernel = try #require(
        Kernel.make(scheme: scheme, emptyTables: emptyTables))
      trace.begin(at: kernel.root)
      var random = SeededGenerator(seed: seed)
      var mapped: Set<UInt64> = []
      for _ in 0..<200 {
        let page =
          UInt64.random(in: 0..<3, using: &random) << 9
          | UInt64.random(in: 0..<4, using: &random)
        let target =
          0x8000_0000 + UInt64.random(in: 0..<64, using: &random) << 12
        let range = range(Kernel.addresses.start + page << 12, pageSize)
        if mapped.remove(page) != nil {
          #expect(kernel.unmap(range) == nil)
        } else {
          mapped.insert(page)
          #expect(
            kernel.map(
              range, to: PhysicalAddress(target), attributes: .kernelData)
              == nil)
        }
        if Int.random(in: 0..<5, using: &random) == 0 { scheme.reclaim() }
      }
    }
    return try CasemateCheck.judge(trace.text)
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func tablesThatStayLinkedAreAccepted(seed: UInt64) throws {
    let verdict = try verdict(.keep, seed: seed)
    #expect(verdict.isAccepted, "seed \(seed): \(verdict.text)")
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func aFlushThatIsLeftOutIsFound(seed: UInt64) throws {
    let verdict = try verdict(.keep, omitsFlushes: true, seed: seed)
    #expect(
      verdict.text.contains("BBM invalid unclean->valid"), "seed \(seed)")
  }

  /// The rule that the library does not keep, and no other.
  ///
  /// One TLBI and the DSB behind it clean a table's entry and the leaves below
  /// it together; Casemate wants the leaves to be clean before. The article *The
  /// life of a table* says why.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func ofTablesThatAreFreedOneRuleIsNotKept(seed: UInt64) throws {
    let verdict = try verdict(.free, seed: seed)
    #expect(
      verdict.text.contains(
        "BBM write table descriptor with unclean children"),
      "seed \(seed): \(verdict.text)")
  }
}
