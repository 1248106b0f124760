// SPDX-License-Identifier: Apache-2.0

/// Everything that the rules ask of a recording: tables, runs, and what the
/// recording is able to show.
struct AuditHistory: Sendable {
  /// The tables in the order in which they were freed.
  var lives: [TableLife] = []
  /// The worker's runs in the order of their first event.
  var runs: [AuditedRun] = []
  /// Releases of a table that was released before and not freed since, and
  /// frees of one that was already free: the moment, and the earlier life.
  var repeated: [(moment: AuditMoment, life: Int)] = []
  /// Releases of tables whose free should have been recorded, and was not.
  var unseen: [AuditMoment] = []
  /// Tables on their way when the recording ends.
  var open: [Int] = []
  /// Pages freed at once that are tables or data: the recording does not say.
  var ambiguous = 0
  /// Moments at which a run began while another had not ended, and the index
  /// of that one.
  var begunBeside: [(moment: AuditMoment, other: Int)] = []
  /// The kinds of event that the recording has, or has probes for.
  var kinds: EventKinds = []
  /// What was read, and how much of it is missing.
  var source = AuditSource()
  /// The events' names.
  var reading: TraceReading?

  /// The tables that took the list.
  var queued: [TableLife] { lives.filter { $0.route == .queued } }

  /// The function that freed a table, without the compiler's suffixes.
  func site(of life: TableLife) -> String {
    guard let reading else { return "?" }
    let name = reading.symbols.name(of: life.site).withoutSuffix
    // A copy of this function frees on behalf of its caller.
    if name == "free_pagetable", let stack = life.stack {
      for caller in reading.stacks.callers(of: stack) {
        let outer = reading.symbols.name(of: caller.symbol).withoutSuffix
        if !Self.inner.contains(outer) { return outer }
      }
    }
    return name
  }

  private static let inner: Set<String> = [
    "pagetable_free_kernel", "free_pagetable", "__free_pages",
  ]
}

extension String {
  /// A symbol's name without what compilers add: `.constprop.0`, `.isra.0`.
  var withoutSuffix: String {
    String(prefix { $0 != "." })
  }
}
