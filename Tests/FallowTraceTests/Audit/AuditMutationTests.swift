// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import FallowTrace

/// Random damage never crashes an audit.
@Suite struct AuditMutationTests {
  @Test(arguments: UInt64(1)...60)
  func damagedRecordings(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var text = RecordText()
    for table in 0..<30 {
      text.free(table % 7, named: table % 5 == 0 ? "yes" : "no")
      if table % 3 == 0 { text.run(releasing: table % 7, (table + 1) % 7) }
      if table % 11 == 0 { text.freeAtOnce(table % 7) }
    }
    try Self.audit(text.text, damagedBy: &random)
  }

  @Test(arguments: UInt64(1)...60)
  func damagedHotUnplug(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let data = try Data(
      contentsOf: URL(filePath: AuditRecordingTests.hotUnplug))
    try Self.audit(
      String(decoding: data, as: UTF8.self), damagedBy: &random)
  }

  /// Audits `text` after a few of its lines were moved, doubled, dropped or
  /// altered.
  private static func audit(
    _ text: String, damagedBy random: inout SeededGenerator
  ) throws {
    var lines = text.utf8.split(separator: .newline).map(Array.init)
    for _ in 0..<Int.random(in: 1...20, using: &random) {
      let index = lines.indices.randomElement(using: &random) ?? 0
      let other = lines.indices.randomElement(using: &random) ?? 0
      switch Int.random(in: 0..<4, using: &random) {
      case 0: lines.swapAt(index, other)
      case 1: lines.insert(lines[index], at: other)
      case 2: lines.remove(at: index)
      default:
        let place = lines[index].indices.randomElement(using: &random)
        guard let place else { continue }
        lines[index][place] =
          Array("0123456789abcdefx=<+ -:".utf8)
          .randomElement(using: &random) ?? 0
      }
    }
    let bytes = Array(lines.map { $0 + [.newline] }.joined())
    guard let report = try? AuditReport.read(TraceReader(bytes: bytes)) else {
      return
    }
    #expect(report.rules.map(\.name) == AuditRuleName.allCases)
    let sites = report.sites.filter { $0.route != .neverLinked }
    for site in sites {
      #expect(site.pages == site.cleared + site.named + site.unknown)
    }
    _ = try JSONEncoder().encode(report)
  }
}
