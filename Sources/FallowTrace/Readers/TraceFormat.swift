/// A text format that recordings come in.
public enum TraceFormat: String, Codable, Sendable, CaseIterable {
  /// The `trace` or `trace_pipe` file of tracefs.
  case ftrace
  /// What `perf script` prints, best with `--ns`.
  case perfScript = "perf-script"
  /// What `trace-cmd report` prints, best with `-t`.
  case traceCmdReport = "trace-cmd-report"
  /// What `fallow record` writes.
  case fallowRecord = "fallow-record"
}
