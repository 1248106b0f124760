// SPDX-License-Identifier: Apache-2.0

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

/// What the times of a recording are.
public enum TraceClock: String, Codable, Sendable, CaseIterable {
  /// Nanoseconds.
  case nanoseconds
  /// Counts of a clock without a unit: `counter`, `x86-tsc`.
  case ticks
}
