// SPDX-License-Identifier: Apache-2.0

/// Takes a recording's events, one after the other.
public protocol TraceSink {
  /// Takes the next event.
  ///
  /// - Parameter event: The event.
  mutating func receive(_ event: TraceEvent)
}

/// Hands each event to a function.
struct FunctionSink: TraceSink {
  var function: (TraceEvent) -> Void

  mutating func receive(_ event: TraceEvent) {
    function(event)
  }
}
