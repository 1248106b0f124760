// SPDX-License-Identifier: Apache-2.0

#if FUZZ_FTRACE
  private let format = TraceFormat.ftrace
#elseif FUZZ_PERF_SCRIPT
  private let format = TraceFormat.perfScript
#elseif FUZZ_TRACE_CMD_REPORT
  private let format = TraceFormat.traceCmdReport
#endif

/// A line that settles the format, so that the input is read as that.
private let firstLine: String =
  switch format {
  case .ftrace: "  a-1 [000] ..... 0.000001: kpt_work: (f)\n"
  case .perfScript: "a 1 [000] 0.000001: pgt:kpt_work: (ff)\n"
  case .traceCmdReport: "  a-1 [000] 0.000001: kpt_work:  (ff)\n"
  case .fallowRecord: "# fallow record 1\na-1 [0] 0.1: kpt_work: seq=0\n"
  }

/// Reads the input as a recording, whole and in pieces, and replays it.
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
  precondition(summary.events == whole.events.count)
  precondition((summary.malformed > 0) == (summary.firstMalformedLine != nil))
  _ = whole.provenance
  Driven.run(whole)
  // The same bytes without the line in front: any format, or none.
  _ = unsafe outcome(TraceReader(bytes: Array(input)))
  return 0
}

private func outcome(_ reader: TraceReader) -> Recording? {
  try? Recording(reader)
}
