// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import FallowTrace

/// Damaged input is counted or refused, with the place named.
@Suite struct DamageTests {
  private let good = FormatTests.story(in: .ftrace)
  /// Lines of `good`, two of them headings.
  private let goodLines = 12

  @Test func empty() {
    #expect(Outcome(TraceReader(text: "")).error == .empty(path: "text"))
  }

  @Test func headingsOnly() {
    let outcome = Outcome(TraceReader(text: "# tracer: nop\n#\n\n   \n"))
    #expect(outcome.error == .noEvents(path: "text", firstBadLine: nil))
  }

  @Test func notATrace() {
    let outcome = Outcome(TraceReader(text: "# hello\nworld [1] 2.3: x\n"))
    #expect(outcome.error == .noEvents(path: "text", firstBadLine: 2))
  }

  @Test func onlyDamagedEvents() {
    let outcome = Outcome(
      TraceReader(text: "  a-1 [000] ..... 1.000000: vmap: start=\n"))
    #expect(outcome.error == .noEvents(path: "text", firstBadLine: 1))
  }

  @Test func anotherTraceIsReadAndIgnored() {
    let outcome = Outcome(
      TraceReader(text: "  a-1 [000] ..... 1.000000: sched_wakeup: comm=x\n"))
    #expect(outcome.summary?.ignored == 1)
    #expect(outcome.summary?.events == 0)
  }

  @Test(arguments: BinaryFormat.allCases)
  func binary(format: BinaryFormat) {
    let magic: [BinaryFormat: [UInt8]] = [
      .traceDat: [0x17, 0x08, 0x44] + Array("tracing7\0".utf8),
      .perfData: Array("PERFILE2".utf8),
      .xz: [0xFD] + Array("7zXZ\0".utf8),
      .gzip: [0x1F, 0x8B, 8], .zstd: [0x28, 0xB5, 0x2F, 0xFD],
    ]
    let bytes = magic[format, default: []] + [UInt8](repeating: 9, count: 99)
    for chunk in [1, 1000] {
      let outcome = Outcome(
        TraceReader(bytes: bytes, path: "a b", chunk: chunk))
      let error = TraceError.needsConversion(path: "a b", from: format)
      #expect(outcome.error == error)
      #expect("\(error)".contains(" 'a b' | fallow replay -"))
      #expect("\(error)".contains(format.command(for: "'a b'")))
    }
  }

  @Test func filesThatAreNone() {
    #expect(
      Outcome(TraceReader(path: "/")).error == .isDirectory(path: "/"))
    let missing = "/no/such\u{301}/file"
    #expect(
      Outcome(TraceReader(path: missing)).error
        == .cannotOpen(path: missing, reason: "No such file or directory"))
  }

  @Test func messagesSayWhereAndWhat() {
    #expect(
      "\(TraceError.empty(path: "-"))".hasPrefix("standard input: is empty"))
    #expect(
      "\(TraceError.needsConversion(path: "-", from: .xz))".hasSuffix(
        "is an xz file; convert it: xzcat FILE | fallow replay -"))
    #expect(
      "\(TraceError.needsConversion(path: "it's", from: .traceDat))".hasSuffix(
        "trace-cmd report -t 'it'\\''s' | fallow replay -"))
    #expect(
      "\(TraceError.noEvents(path: "x.txt", firstBadLine: 7))".hasPrefix(
        "x.txt: line 7: "))
  }

  @Test func lastLineWithoutEndIsMalformed() {
    let outcome = Outcome(TraceReader(text: String(good.dropLast())))
    #expect(outcome.summary?.events == 8)
    #expect(outcome.summary?.malformed == 1)
    #expect(outcome.summary?.firstMalformedLine == goodLines)
  }

  @Test func everyCutIsNoticed() {
    let whole = Outcome(TraceReader(text: good))
    let bytes = Array(good.utf8)
    for length in 1..<bytes.count {
      let cut = Array(bytes[..<length])
      let outcome = Outcome(TraceReader(bytes: cut))
      guard let summary = outcome.summary else { continue }
      #expect(whole.events.starts(with: outcome.events))
      let isCut = cut.last != UInt8(ascii: "\n")
      #expect(summary.malformed == (isCut ? 1 : 0), "\(length) bytes")
    }
  }

  @Test func hugeLine() {
    let limit = LineScanner<MemorySource>.lineLimit
    for length in [limit - 1, limit, limit + 1, 8 * limit, 20 * limit] {
      let line = "#" + String(repeating: "x", count: length - 1)
      let text = "\(line)\n\(good)\(line)\n"
      for chunk in [4095, .max] {
        let outcome = Outcome(
          TraceReader(bytes: Array(text.utf8), chunk: chunk))
        #expect(outcome.summary?.events == 9)
        #expect(outcome.summary?.malformed == (length > limit ? 2 : 0))
        #expect(
          outcome.summary?.firstMalformedLine == (length > limit ? 1 : nil))
      }
    }
  }

  @Test func hugeLineWithoutEnd() {
    let limit = LineScanner<MemorySource>.lineLimit
    for length in [limit, limit + 1, 8 * limit, 16 * limit] {
      let text = good + String(repeating: "x", count: length)
      let outcome = Outcome(TraceReader(text: text))
      #expect(outcome.summary?.malformed == 1, "\(length) bytes")
      #expect(outcome.summary?.firstMalformedLine == goodLines + 1)
    }
  }

  @Test func nothingIsSeenPastTheEndOfALine() throws {
    var scanner = LineScanner(MemorySource(Array("abc\ndef\n".utf8)))
    let line = try #require(try scanner.next()).bytes
    #expect(line.count == 3)
    #expect(line[2] == UInt8(ascii: "c"))
    #expect(line[3] == 0 && line[4] == 0 && line[-1] == 0)
    #expect(line.has("bc", at: 1) && !line.has("c\nd", at: 2))
    #expect(!line.has("a", at: -1) && !line.has("a", at: 9))
    #expect(line.firstIndex(of: .newline, from: 0) == nil)
    #expect(line.firstIndex(of: UInt8(ascii: "d"), from: 3) == nil)
    let next = try #require(try scanner.next()).bytes
    #expect(next[-1] == 0)
  }

  @Test(arguments: [
    "a-1 [0]..... 1.000000: kpt_work: (f)",
    "a-1 [] ..... 1.000000: kpt_work: (f)",
    "a-1 [0000000] ..... 1.000000: kpt_work: (f)",
    "a-x [0] ..... 1.000000: kpt_work: (f)",
    "-1 [0] ..... 1.000000: kpt_work: (f)",
    "a-1 [0] ..... 1.: kpt_work: (f)", "a-1 [0] ..... .1: kpt_work: (f)",
    "a-1 [0] ..... 1.0000000001: kpt_work: (f)",
    "a-1 [0] ..... 12345678901.1: kpt_work: (f)",
    "a-1 [0] ..... 1.000000 kpt_work: (f)",
    "a-1 [0] ..... 1.000000: kpt_work (f)", "a-1 [0] ..... 1.000000: : (f)",
    "a-1 [0] ..... 1.000000: kpt_work: (f", "a-1 [0] .....", "a-1 [0]",
    "a-1111111111 [0] ..... 1.000000: kpt_work: (f)",
  ])
  func brokenFronts(line: String) {
    let outcome = Outcome(TraceReader(text: good + line + "\n"))
    #expect(outcome.summary?.malformed == 1)
    #expect(outcome.summary?.firstMalformedLine == goodLines + 1)
    #expect(outcome.summary?.events == 9)
  }

  @Test func carriageReturns() {
    let text = good.replacing("\n", with: "\r\n")
    let outcome = Outcome(TraceReader(text: text))
    #expect(outcome.events == Outcome(TraceReader(text: good)).events)
    #expect(outcome.summary?.malformed == 0)
  }

  @Test func zeroBytes() {
    let bytes = [UInt8](repeating: 0, count: 5000) + [10] + Array(good.utf8)
    let outcome = Outcome(TraceReader(bytes: bytes))
    #expect(outcome.summary?.events == 9)
    #expect(outcome.summary?.malformed == 1)
  }

  @Test func lostEventsAreCounted() {
    let text = """
      # entries-in-buffer/entries-written: 4905/5000   #P:2
      CPU:1 [LOST 21 EVENTS]
      CPU:0 [4 EVENTS DROPPED]
      CPU:0 [LOST EVENTS]
       small: CPU:0 [3 EVENTS DROPPED]
        CPU:1 [EVENTS DROPPED]

      """
    let summary = Outcome(TraceReader(text: text + good)).summary
    #expect(summary?.lost == 95 + 21 + 4 + 1 + 3 + 1)
    #expect(summary?.malformed == 0)
  }

  @Test func namesThatBeginAlikeDiffer() throws {
    var text = TraceText(.ftrace)
    let names = (0..<4000).reversed().map { "f\($0)" }
    for name in names {
      text.add("kpt_free", "ptdesc=1 flags=0 caller=\(name)", microseconds: 1)
    }
    let report = try RecordedReport.read(TraceReader(text: text.text))
    #expect(report.recorded.callers.count == names.count)
    #expect(Set(report.recorded.callers.keys) == Set(names))
  }

  @Test func namesAreBounded() throws {
    var text = TraceText(.ftrace)
    let count = SymbolTable.capacity + 10
    for number in 0..<count {
      text.add(
        "kpt_free", "ptdesc=1 flags=0 caller=f\(number)", microseconds: number)
    }
    let report = try RecordedReport.read(TraceReader(text: text.text))
    #expect(report.recorded.frees == count)
    #expect(report.recorded.callers.values.reduce(0, +) == count)
    #expect(report.recorded.callers.count <= SymbolTable.capacity)
    #expect(report.recorded.callers["f7"] == 1)
    #expect(report.recorded.callers["(others)"] == 10 + 9)
  }
}
