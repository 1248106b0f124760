// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import FallowTrace

/// Random damage never crashes a reader, and every line is counted once.
@Suite struct MutationTests {
  @Test(arguments: Sample.allCases, UInt64(1)...40)
  func damagedSamples(sample: Sample, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var lines = try sample.head(400).utf8
      .split(separator: .newline).map(Array.init)
    for _ in 0..<Int.random(in: 1...60, using: &random) {
      let index = Int.random(in: lines.indices, using: &random)
      Self.damage(&lines[index], using: &random)
    }
    let bytes = Array(lines.map { $0 + [.newline] }.joined())
    let outcome = Outcome(TraceReader(bytes: bytes))

    let isHeading = { (line: [UInt8]) in
      line.isEmpty || line.allSatisfy { $0 == .space || $0 == 13 }
        || line[0] == UInt8(ascii: "#")
    }
    // Damage may have cut a line in two.
    let counted = bytes.split(
      separator: .newline, omittingEmptySubsequences: false
    ).filter { !isHeading(Array($0)) }.count
    #expect(outcome.counted == counted, "seed \(seed)")
    #expect(outcome.events.count == outcome.summary?.events, "seed \(seed)")
    #expect(
      (outcome.summary?.malformed == 0)
        == (outcome.summary?.firstMalformedLine == nil), "seed \(seed)")
    // The rest of the machinery takes whatever comes.
    let recording = try Recording(TraceReader(bytes: bytes))
    _ = recording.provenance
    #expect(
      recording.report == (try RecordedReport.read(TraceReader(bytes: bytes))),
      "seed \(seed)")
  }

  private static func damage(
    _ line: inout [UInt8], using random: inout SeededGenerator
  ) {
    guard !line.isEmpty else { return }
    let place = Int.random(in: line.indices, using: &random)
    switch Int.random(in: 0..<6, using: &random) {
    case 0: line[place] = UInt8.random(in: 0...255, using: &random)
    case 1: line[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 2: line.remove(at: place)
    case 3: line.removeSubrange(place...)
    case 4: line.insert(contentsOf: line[place...], at: place)
    default:
      let digits = Array("0123456789abcdefx=[]():.- ".utf8)
      line[place] = digits.randomElement(using: &random) ?? 0
    }
  }

  @Test(arguments: UInt64(1)...40)
  func noise(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let alphabet = Array("01afx=[]():.-_ #\n\tkpt_free".utf8)
    let bytes = (0..<20_000).map { _ in
      alphabet.randomElement(using: &random) ?? 0
    }
    let outcome = Outcome(TraceReader(bytes: bytes))
    let pieces = Outcome(TraceReader(bytes: bytes, chunk: 7))
    #expect(outcome == pieces, "seed \(seed)")
  }
}
