// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import FallowExplorer
internal import FallowReport

/// `fallow check` of the whole catalogue.
extension CheckCommand {
  /// Prints the scenarios.
  func printList() throws {
    if output.json {
      return print(
        try CheckDocument.json(
          Catalogue.all.map {
            [
              "scenario": $0.name, "what": $0.what, "origin": $0.origin,
              "expected": $0.expected.rawValue, "oracle": "\($0.oracle)",
            ]
          }))
    }
    var table = TextTable(
      heading: ["scenario", "expected", "what", "origin"], textColumns: 4)
    for entry in Catalogue.all {
      table.add([
        entry.name, expectation(of: entry), entry.what, entry.origin,
      ])
    }
    for line in table.lines(colours: Terminal.colours) { print(line) }
  }

  /// Searches every scenario, and prints whether each verdict is as expected.
  func checkAll() throws {
    let colours = Terminal.colours
    let progress = Progress(isQuiet: output.quiet)
    var documents: [CheckDocument] = []
    var table = TextTable(
      heading: [
        "scenario", "verdict", "oracle", "steps", "states", "transitions",
        "seconds", "as expected",
      ], textColumns: 3)
    var surprises = 0
    let shard = split.shard ?? .whole
    for (number, entry) in Catalogue.all.enumerated()
    where shard.contains(number) {
      progress.report(entry.name)
      let outcome = entry.search(entry.scenario, options)
      let isExpected = entry.expects(outcome)
      if !isExpected { surprises += 1 }
      documents.append(CheckDocument(entry, outcome, options: options))
      if output.quiet && isExpected { continue }
      table.add(
        [
          entry.name, outcome.verdict.rawValue,
          outcome.oracle == .none ? "" : "\(outcome.oracle)",
          outcome.timeline.isEmpty ? "" : "\(outcome.timeline.count)",
          Numbers.count(outcome.states), Numbers.count(outcome.transitions),
          Numbers.ratio(outcome.seconds),
          isExpected
            ? "yes"
            : outcome.isConfirmed
              ? "no: \(expectation(of: entry))" : "not confirmed",
        ],
        styles: isExpected ? [] : [.alarm, .alarm, .alarm])
    }
    progress.end()
    if let heading = catalogueHeading {
      print(try CheckDocument.json(ShardDocument(heading, documents)))
    } else if output.json {
      print(try CheckDocument.json(documents))
    } else {
      if !output.quiet || surprises > 0 {
        for line in table.lines(colours: colours) { print(line) }
      }
      print(Self.summary(surprises: surprises))
    }
    if surprises > 0 { throw ExitCode(ExitStatus.violation) }
  }

  private func expectation(of entry: CatalogueEntry) -> String {
    entry.expected == .safe ? "safe" : "\(entry.oracle)"
  }

  /// What the catalogue comes to.
  static func summary(surprises: Int) -> String {
    let faults = Catalogue.all.count { $0.expected == .violation }
    let safe = Catalogue.all.count - faults
    return Numbers.count(safe, of: "scenario") + " that must be safe, "
      + Numbers.count(faults, of: "fault") + " to find: "
      + (surprises == 0
        ? "every verdict is as expected"
        : Numbers.count(surprises, of: "verdict") + " not as expected")
  }
}
