// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowTool

/// The bar shows how much is done, and foretells the rest from the pace so far.
@Suite struct ProgressTests {
  @Test(arguments: [
    (0.0, 3, " [....................] 0 %"),
    (1e-300, 10, " [....................] 0 %"),
    (0.25, 10, " [#####...............] 25 %, 30 s left"),
    (1.0, 10, " [####################] 100 %, 0 s left"),
    (7.0, 10, " [####################] 100 %, 0 s left"),
    (-1.0, 10, " [....................] 0 %"),
  ])
  func theRestIsForetold(done: Double, seconds: Int, bar: String) {
    #expect(Progress.bar(done, after: .seconds(seconds)) == bar)
  }

  @Test func aLogHasNoProgress() throws {
    let run = try ToolRun([
      "replay", "--dma", "50", ToolRun.sample("churn-2cpu.perf.txt"),
    ])
    #expect(run.errors.isEmpty)
  }
}
