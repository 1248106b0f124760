// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What packages are made of: the version, completions, the help as an object.
@Suite struct InstalledFilesTests {
  @Test func theVersionIsANumber() throws {
    let run = try ToolRun(["--version"])
    #expect(run.status == 0)
    let parts = run.output.split(separator: " ")
    #expect(parts.count == 2 && parts[0] == "fallow")
    #expect(parts[1].split(separator: ".").count == 3)
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func everyCommandIsCompleted(shell: String) throws {
    let run = try ToolRun(["--generate-completion-script", shell])
    #expect(run.status == 0)
    for command in ["record", "audit", "replay", "check"] {
      #expect(run.output.contains(command))
    }
  }

  @Test func everyCommandIsDescribed() throws {
    let object = try ToolRun(["--experimental-dump-help"]).object()
    let root = object["command"] as? [String: Any]
    let commands = root?["subcommands"] as? [[String: Any]] ?? []
    let described = commands.filter { $0["discussion"] != nil }
      .compactMap { $0["commandName"] as? String }
    #expect(Set(described).isSuperset(of: ["record", "audit", "replay"]))
  }
}
