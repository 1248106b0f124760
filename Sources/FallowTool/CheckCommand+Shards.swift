// SPDX-License-Identifier: Apache-2.0

internal import FallowExplorer

/// What the shards of `fallow check` have to agree on.
extension CheckCommand {
  /// Of the catalogue; nil if it is not split.
  var catalogueHeading: ShardHeading? {
    guard let shard = split.shard else { return nil }
    let all = Catalogue.all
    var settings = searchSettings
    settings["scenarios"] = Self.digest(
      all.map { "\($0.name) \($0.scheme) \(Self.machine($0))" }
        .joined(separator: "\n"))
    settings["memory"] = "\(memory)"
    settings["liveness-limit"] = "\(livenessLimit)"
    return ShardHeading(
      .catalogue, shard, items: all.count, settings: settings)
  }

  /// Of executions at random; nil if they are not split.
  func heading(of entry: CatalogueEntry) -> ShardHeading? {
    guard let shard = split.shard, let random = options.random else {
      return nil
    }
    var settings = settings(of: entry)
    settings["random"] = random.strategy.rawValue
    settings["runs"] = "\(random.runs)"
    settings["operations"] = "\(random.operations)"
    settings["depth"] =
      random.strategy == .pct ? "\(random.depth)" : nil
    return ShardHeading(
      .executions, shard, items: random.runs, settings: settings)
  }

  /// What a search that is kept has to agree on with the one that goes on.
  func identity(of entry: CatalogueEntry) -> [String: String] {
    var settings = settings(of: entry)
    settings["version"] = Version.current
    return settings
  }

  /// All that a search of a scenario depends on.
  private func settings(of entry: CatalogueEntry) -> [String: String] {
    let bounds = entry.scenario.bounds
    var settings = searchSettings
    settings["scenario"] = entry.name
    settings[entry.isProgram ? "program" : "scheme"] = entry.scheme
    settings["cpus"] = "\(bounds.cpus)"
    settings["slots"] = "\(bounds.slots)"
    settings["frames"] = "\(bounds.frames)"
    settings["iommus"] = "\(bounds.iommus)"
    settings["pasids"] = "\(bounds.pasids)"
    settings["ats"] = "\(bounds.ats)"
    settings["failing"] = "\(bounds.mayFail)"
    settings["store-buffers"] = "\(bounds.storeBuffers)"
    settings["what the scenario is"] = Self.machine(entry)
    return settings
  }

  private var searchSettings: [String: String] {
    [
      "seed": "\(seed)", "concrete": "\(concrete)", "exact": "\(exact)",
      "no-symmetry": "\(noSymmetry)", "every-step": "\(everyStep)",
    ]
  }

  private static func machine(_ entry: CatalogueEntry) -> String {
    let scenario = entry.scenario
    return digest("\(scenario.bounds) \(scenario.rules) \(scenario.moves)")
  }

  /// A text that differs where texts do, but for one case in 2^64.
  private static func digest(_ text: String) -> String {
    var hash = ByteHash()
    hash.add(text.utf8)
    return String(hash.value, radix: 36)
  }
}
