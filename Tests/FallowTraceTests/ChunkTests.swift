// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import FallowTrace

/// How a recording is cut into reads makes no difference.
@Suite struct ChunkTests {
  @Test(arguments: Sample.allCases, [1, 2, 3, 7])
  func anyPieces(sample: Sample, chunk: Int) throws {
    let text = Array(try sample.head(300).utf8)
    let whole = Outcome(TraceReader(bytes: text))
    #expect(Outcome(TraceReader(bytes: text, chunk: chunk)) == whole)
    #expect(whole.events.count > 200)
  }

  @Test func piecesOfTheWholeFile() throws {
    let bytes = try Sample.churn.bytes()
    let whole = Outcome(TraceReader(bytes: bytes))
    #expect(Outcome(TraceReader(bytes: bytes, chunk: 4093)) == whole)
    var named = whole
    named.summary?.path = Sample.churn.path
    #expect(Outcome(TraceReader(path: Sample.churn.path)) == named)
  }

  @Test func linesAcrossTheEndOfTheBuffer() throws {
    // More than the scanner's buffer, in lines of changing length.
    var text = ""
    var lines = 0
    while text.utf8.count < 2_000_000 {
      text += FormatTests.story(in: .ftrace)
      text += "#" + String(repeating: "-", count: lines % 977) + "\n"
      lines += 1
    }
    let outcome = Outcome(TraceReader(text: text))
    #expect(outcome.summary?.events == 9 * lines)
    #expect(outcome.summary?.malformed == 0)
  }

  @Test func progressIsReported() throws {
    let text = Array(
      String(repeating: FormatTests.story(in: .ftrace), count: 20_000).utf8)
    var reports: [Int] = []
    var reader = TraceReader(bytes: text)
    reader.onProgress = { progress in
      reports.append(progress.bytesRead)
      #expect(progress.totalBytes == text.count)
    }
    _ = try reader.read { _ in }
    #expect(reports.count == text.count >> 24)
    #expect(reports == reports.sorted())
  }
}
