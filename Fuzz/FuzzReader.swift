// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The format that inputs are read as, which the environment names.
private let format: TraceFormat = {
  guard let name = unsafe getenv("FUZZ_FORMAT"),
    let format = unsafe TraceFormat(rawValue: String(cString: name))
  else { fatalError("FUZZ_FORMAT names no format") }
  return format
}()

/// A line that settles the format, so that the input is read as that.
private let firstLine: String =
  switch format {
  case .ftrace: "  a-1 [000] ..... 0.000001: kpt_work: (f)\n"
  case .perfScript: "a 1 [000] 0.000001: pgt:kpt_work: (ff)\n"
  case .traceCmdReport: "  a-1 [000] 0.000001: kpt_work:  (ff)\n"
  case .fallowRecord: "# fallow record 1\na-1 [0] 0.1: kpt_work: seq=0\n"
  }

/// Reads the input as a recording, whole and in pieces, replays it, and audits
/// it.
///
/// What it returns must not depend on the pieces, and counts must add up; all
/// that a recording is asked for, and every replay of it, must survive any
/// recording.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(
  _ data: UnsafePointer<UInt8>?, _ size: Int
) -> Int32 {
  let input = unsafe UnsafeBufferPointer(start: data, count: size)
  let text = unsafe Array(firstLine.utf8) + Array(input)
  let whole = outcome(TraceReader(bytes: text))
  let pieces = outcome(TraceReader(bytes: text, chunk: 1 + size % 61))
  precondition(whole?.report == pieces?.report)
  // Options whose text is refused, and times relative to the event before.
  guard let whole else { return 0 }
  let summary = whole.summary
  precondition(summary.format == format)
  // A line of a record may be several events.
  precondition(
    format == .fallowRecord
      ? summary.events <= whole.events.count
      : summary.events == whole.events.count)
  precondition((summary.malformed > 0) == (summary.firstMalformedLine != nil))
  _ = whole.provenance
  Driven.run(whole)
  let audit = verdicts(TraceReader(bytes: text))
  precondition(audit == verdicts(TraceReader(bytes: text, chunk: 61)))
  // The same bytes without the line in front: any format, or none.
  _ = unsafe outcome(TraceReader(bytes: Array(input)))
  return 0
}

private func outcome(_ reader: TraceReader) -> Recording? {
  try? Recording(reader)
}

private func verdicts(_ reader: TraceReader) -> [AuditFinding.Verdict]? {
  (try? AuditReport.read(reader))?.rules.map(\.verdict)
}
