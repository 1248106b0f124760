// SPDX-License-Identifier: Apache-2.0

internal import FallowReport
internal import FallowTrace

/// What came of one combination of a sweep under one scheme.
struct SweepResult: Encodable {
  /// The address spaces that were shared with devices.
  var boundSpaces: Int
  /// The IOMMUs.
  var iommus: Int
  /// For how long the scheme gathered tables; nil if it does not.
  var windowNanoseconds: UInt64?
  /// The scheme's figures.
  var scheme: SchemeResult

  private enum CodingKeys: String, CodingKey {
    case boundSpaces, iommus, windowNanoseconds, scheme
  }

  /// Writes the window even where there is none, as null.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(boundSpaces, forKey: .boundSpaces)
    try container.encode(iommus, forKey: .iommus)
    try container.encode(windowNanoseconds, forKey: .windowNanoseconds)
    try container.encode(scheme, forKey: .scheme)
  }

  /// The window as the command line has it.
  var window: String {
    windowNanoseconds.map { "\(Nanoseconds($0))" } ?? "-"
  }

  /// The combination, as a plot names it.
  var name: String {
    let window = windowNanoseconds == nil ? "" : " \(window)"
    return "\(boundSpaces)x\(iommus)\(window)"
  }

  /// Entries read and written through freed tables, and accesses to freed
  /// frames.
  var staleUses: UInt64 {
    scheme.staleReads + scheme.staleWrites + scheme.staleAccesses
  }
}

extension [SweepResult] {
  /// The results as a table, with the invalidations as a plot beside them.
  var table: TextTable {
    var table = TextTable(
      heading: [
        "scheme", "verdict", "bound", "iommus", "window", "stale", "pending",
        "median wait", "invalidations per freed table",
      ], textColumns: 2)
    let most = map(\.scheme.invalidationsPerFreedTable).max() ?? 0
    for result in self {
      let scheme = result.scheme
      let ratio = scheme.invalidationsPerFreedTable
      let length = most > 0 ? Int((ratio / most * 20).rounded()) : 0
      let bar = String(repeating: "#", count: length)
      let blanks = String(repeating: " ", count: 20 - length)
      let (word, style) = ReplayDocument.word(for: scheme.verdict)
      table.add(
        [
          scheme.name, word, "\(result.boundSpaces)", "\(result.iommus)",
          result.window, Numbers.count(result.staleUses),
          Numbers.count(scheme.maxPending),
          Numbers.duration(scheme.queueTimeNanoseconds.p50),
          Numbers.ratio(ratio) + " " + bar + blanks,
        ],
        styles: [
          .plain, style, .plain, .plain, .plain,
          result.staleUses > 0 ? .alarm : .plain,
        ])
    }
    return table
  }
}
