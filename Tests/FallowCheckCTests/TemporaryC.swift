// SPDX-License-Identifier: Apache-2.0

import FallowExplorer
import Foundation

@testable import FallowCheckC

/// C, or an object, in a file that lives as long as this.
final class TemporaryC {
  let path: String

  init(_ text: String, suffix: String = "c") throws {
    path =
      NSTemporaryDirectory() + "fallow-test-\(UUID().uuidString).\(suffix)"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var settings: CSettings {
    var settings = CSettings()
    settings.files = [path]
    return settings
  }
}

/// Searches C that begins with the kernel's headers.
func search(
  _ text: String, defines: [String] = [],
  _ change: (inout SearchOptions) -> Void = { _ in }
) throws -> Outcome {
  let program = try TemporaryC("#include <fallow/linux.h>\n" + text)
  var settings = program.settings
  settings.defines = defines
  let entry = try CCheck(settings).entry()
  var options = SearchOptions()
  options.livenessLimit = 0
  change(&options)
  return entry.search(entry.scenario, options)
}

/// A program of `Examples/KernelC`.
func example(_ name: String) -> String {
  var folder = URL(fileURLWithPath: #filePath)
  for _ in 0..<3 { folder.deleteLastPathComponent() }
  return folder.appendingPathComponent("Examples/KernelC/\(name)").path
}
