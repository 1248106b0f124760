// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowExplorer
import Foundation
import Testing

@testable import FallowCheckC

/// A protocol in Swift and the same in C have the same verdict, in 27 forms.
@Suite struct PairTests {
  /// What differs between forms.
  struct Form: Sendable, CustomTestStringConvertible {
    /// The order of an unmap: clear and flush, flush and clear, no flush.
    var unmap: Int
    /// The order of the worker: take and invalidate, invalidate and take, no
    /// invalidation.
    var work: Int
    /// How the list is used: locked, not locked, locked after the worker was
    /// scheduled.
    var list: Int

    var testDescription: String { "unmap \(unmap), work \(work), list \(list)" }

    static let all = (0..<27).map {
      Form(unmap: $0 % 3, work: $0 / 3 % 3, list: $0 / 9)
    }
  }

  private struct FreeList: Model {
    let machine: SteppingMachine
    let form: Form

    func perform(_ operation: FallowExplorer.Operation, on slot: Slot)
      throws(Stop) -> Bool
    {
      switch operation {
      case .map:
        guard let table = try machine.makeTable(for: slot) else { return false }
        try machine.link(table, at: slot.rootEntry)
      case .unmap: try unmap(slot)
      default: try freeAll()
      }
      return true
    }

    private func unmap(_ slot: Slot) throws(Stop) {
      guard let table = try machine.table(at: slot.rootEntry) else { return }
      if form.unmap == 1 { try machine.flushCPUs(slot.range) }
      try machine.store(0, to: slot.rootEntry)
      if form.unmap == 0 { try machine.flushCPUs(slot.range) }
      try machine.describe(table, as: .quarantined)
      if form.list == 2 { try machine.scheduleWorker(after: 0) }
      if form.list != 1 { try machine.lock(.foreignList) }
      let first = try machine.load(.foreignList)
      try machine.store(first, to: .link, of: table)
      try machine.store(table.rawValue &+ 1, to: .foreignList)
      if form.list != 1 { try machine.unlock(.foreignList) }
      if form.list != 2 { try machine.scheduleWorker(after: 0) }
    }

    private func freeAll() throws(Stop) {
      if form.work == 1 { try invalidate() }
      if form.list != 1 { try machine.lock(.foreignList) }
      let first = try machine.load(.foreignList)
      try machine.store(0, to: .foreignList)
      if form.list != 1 { try machine.unlock(.foreignList) }
      if form.work == 0 { try invalidate() }
      if first != 0 {
        try machine.releaseAll(from: FrameNumber(first &- 1))
      }
    }

    private func invalidate() throws(Stop) {
      _ = try machine.sharing().invalidateKernelHalf()
    }
  }

  @Test(arguments: Form.all) func haveTheSameVerdict(form: Form) throws {
    var options = SearchOptions()
    options.livenessLimit = 0
    var settings = CSettings()
    settings.files = [
      URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Pairs/free-list.c").path
    ]
    settings.defines = [
      "UNMAP=\(form.unmap)", "WORK=\(form.work)", "LIST=\(form.list)",
    ]
    let entry = try CCheck(settings).entry()
    let inC = entry.search(entry.scenario, options)
    var bounds = Bounds()
    bounds.cpus = 2
    var scenario = Scenario.mapUnmap(bounds)
    scenario.mustHappen = [.released]
    let inSwift = Search(scenario, options: options) { machine in
      FreeList(machine: machine, form: form)
    }.run()
    #expect(
      inC.verdict == inSwift.verdict,
      "C: \(inC.oracle), Swift: \(inSwift.oracle)")
    let isRight = form.unmap == 0 && form.work == 0 && form.list == 0
    #expect((inC.verdict == .safe) == isRight)
  }
}
