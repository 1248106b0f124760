// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowTrace

/// Prints what a recording says about the tables that Linux frees, and how many
/// kernel addresses the library's format for x86-64 has.
@main
enum Dependent {
  static func main() throws {
    guard CommandLine.arguments.count == 2 else {
      fatalError("usage: Dependent RECORDING")
    }
    let report = try RecordedReport.read(path: CommandLine.arguments[1])
    print("kernel tables freed:", report.recorded.frees)
    print("bytes of the kernel half:", X86FourLevel.kernelHalf.size)
  }
}
