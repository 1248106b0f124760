// SPDX-License-Identifier: Apache-2.0

#if !TraceDat
  import Foundation
  import Testing

  @testable import FallowTrace

  /// `trace.dat` without libtracecmd: `trace-cmd` reads it, or it is refused.
  @Suite struct TraceDatTests {
    @Test func aDamagedFileIsRefusedByName() throws {
      let path = NSTemporaryDirectory() + "trace \(UUID().uuidString).dat"
      defer { try? FileManager.default.removeItem(atPath: path) }
      let bytes: [UInt8] = [0x17, 0x08, 0x44] + Array("tracing6\0".utf8)
      try Data(bytes + [UInt8](repeating: 0, count: 99))
        .write(to: URL(filePath: path))
      let error = try #require(Outcome(TraceReader(path: path)).error)
      guard isInstalled("trace-cmd") else {
        #expect(error == .needsConversion(path: path, from: .traceDat))
        #expect(
          "\(error)".hasSuffix(
            "trace-cmd report -t '\(path)' | fallow replay -"))
        return
      }
      #expect("\(error)".hasSuffix("is the file damaged or cut off?"))
    }

    private func isInstalled(_ tool: String) -> Bool {
      let folders = ProcessInfo.processInfo.environment["PATH", default: ""]
      return folders.split(separator: ":").contains {
        FileManager.default.isExecutableFile(atPath: "\($0)/\(tool)")
      }
    }
  }
#endif
