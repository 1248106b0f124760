// SPDX-License-Identifier: Apache-2.0

#if TraceDat
  internal import FallowTraceDat

  extension ToolSource {
    /// Starts a process in which libtracecmd makes text of a `trace.dat` file.
    ///
    /// - Throws: ``TraceError/cannotRead(path:reason:)`` if it cannot be
    ///   started.
    static func library(path: String) throws(TraceError) -> ToolSource {
      if let reason = unsafe fallow_trace_dat_missing() {
        throw .cannotRead(path: path, reason: unsafe String(cString: reason))
      }
      var process: Int32 = 0
      let output = unsafe fallow_trace_dat_start(path, &process)
      guard output >= 0 else {
        throw .cannotRead(path: path, reason: "no process can be started")
      }
      return ToolSource(
        path: path, tool: "libtracecmd", process: process, output: output)
    }
  }
#endif
