// SPDX-License-Identifier: Apache-2.0

/// An option of a tracer or a tool whose text does not say enough.
public enum UnreadableOption: Equatable, Sendable {
  /// ftrace's `raw`: events as numbers without names.
  case raw
  /// ftrace's `hex`: the same in hexadecimal.
  case hex
  /// ftrace without `context-info`: neither times nor tasks.
  case noContextInfo
  /// The function_graph tracer without `funcgraph-abstime`: no times.
  case functionGraphWithoutTime
  /// `perf script -F` without `time`.
  case perfWithoutTime
  /// `perf script -F` without `tid` and `pid`.
  case perfWithoutTask
  /// `perf script --deltatime`: times since the event before.
  case perfDeltaTime

  /// The option, and what to do instead.
  var words: (option: String, remedy: String) {
    switch self {
    case .raw:
      (
        "the trace option `raw`",
        "print it again after `echo noraw >trace_options`"
      )
    case .hex:
      (
        "the trace option `hex`",
        "print it again after `echo nohex >trace_options`"
      )
    case .noContextInfo:
      (
        "the trace option `nocontext-info`",
        "print it again after `echo context-info >trace_options`"
      )
    case .functionGraphWithoutTime:
      (
        "the function_graph tracer without `funcgraph-abstime`",
        "print it again after `echo funcgraph-abstime >trace_options`, or use "
          + "the tracer nop"
      )
    case .perfWithoutTime:
      ("perf script -F without `time`", "print it again with -F +time")
    case .perfWithoutTask:
      ("perf script -F without `tid`", "print it again with -F +tid")
    case .perfDeltaTime:
      ("perf script --deltatime", "print it again without it")
    }
  }
}
