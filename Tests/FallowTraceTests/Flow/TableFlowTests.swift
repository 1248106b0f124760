// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine
import Testing

@testable import FallowTrace

/// The plots of a recording show what its figures say.
@Suite struct TableFlowTests {
  @Test(arguments: Sample.allCases)
  func thePlotsAgreeWithTheFigures(sample: Sample) throws {
    let report = try RecordedReport.read(path: sample.path)
    let figures = report.recorded
    #expect(report.flow.quarantined.most == figures.maxPending)
    #expect(
      report.flow.quarantined.stretches.last?.last == figures.leftPending)
    #expect(
      report.flow.waits.total
        == figures.pagesReleased - figures.releasedWithoutEnqueue)
    #expect(report.flow.batches.total == figures.workerRuns)
    #expect(try AuditReport.read(path: sample.path).flow == report.flow)
  }
}
