// SPDX-License-Identifier: Apache-2.0

/// The history of one table that a rule was broken for, event by event.
public struct WorstCase: Equatable, Sendable {
  /// The rule that was broken.
  public var rule: AuditRuleName
  /// The address of the table's descriptor.
  public var descriptor: UInt64
  /// The function that freed it.
  public var site: String
  /// The callers of that function, innermost first.
  public var callers: [String]
  /// What happened, in the order of the recording.
  public var events: [Event]

  /// An event of the history.
  public struct Event: Equatable, Sendable {
    /// Nanoseconds of the recording's clock.
    public var timeNanoseconds: UInt64
    /// The CPU on which it happened.
    public var cpu: Int
    /// The process id of the task that was running.
    public var task: Int
    /// The name of the task; nil if it is not known.
    public var taskName: String?
    /// What happened.
    public var text: String
    /// Whether the rule was broken here.
    public var isViolation: Bool
  }

  /// The rules by the harm of breaking them, the worst first.
  private static let severity: [AuditRuleName] = [
    .releasedWhileNamed, .doubleRelease, .releasedWithoutInvalidation,
    .namedAtInvalidation, .pastTheQueue, .queuedBeforeCleared,
    .overlappingRuns, .neverReleased, .destructorNotRun,
  ]

  /// The worst case of a history; nil if no rule was broken for a table.
  init?(_ history: AuditHistory, _ findings: [AuditFinding]) {
    let broken = Set(
      findings.filter { $0.verdict == .violated }.map(\.name))
    for name in Self.severity where broken.contains(name) {
      let rule = AuditRule.all.first { $0.name == name }
      let cases = rule?.judge(history).violations ?? []
      // The widest window is the clearest example.
      let worst = cases.filter { $0.life != nil }
        .max { Self.window($0.life) < Self.window($1.life) }
      guard let worst, let life = worst.life else { continue }
      self.init(name, worst.moment, life, history)
      return
    }
    return nil
  }

  /// How long an entry named the table after it was freed or released.
  private static func window(_ life: TableLife?) -> UInt64 {
    guard let life, let named = life.lastNamed else { return 0 }
    let start = (life.released ?? life.freed).time
    return named.time > start ? named.time - start : 0
  }

  private init(
    _ rule: AuditRuleName, _ moment: AuditMoment, _ life: TableLife,
    _ history: AuditHistory
  ) {
    self.rule = rule
    descriptor = life.descriptor
    site = history.site(of: life)
    let reading = history.reading
    callers =
      life.stack.flatMap { reading?.stacks.callers(of: $0) }?
      .compactMap { reading?.symbols.name(of: $0.symbol).withoutSuffix } ?? []
    events = Self.events(of: life, in: history)
      .sorted { $0.moment < $1.moment }
      .map { event in
        Event(
          timeNanoseconds: event.moment.time, cpu: event.moment.cpu,
          task: event.moment.task,
          taskName: reading?.tasks.name(
            of: event.moment.task, at: event.moment.time),
          text: event.text, isViolation: event.moment == moment)
      }
  }

  private static func events(
    of life: TableLife, in history: AuditHistory
  ) -> [(moment: AuditMoment, text: String)] {
    var events: [(moment: AuditMoment, text: String)] = []
    func add(_ moment: AuditMoment?, _ text: String) {
      guard let moment else { return }
      events.append((moment, text))
    }
    let site = history.site(of: life)
    let entry =
      life.entry == 0 ? "an entry" : "entry 0x" + String(life.entry, radix: 16)
    switch life.route {
    case .queued, .neverLinked: add(life.freed, "\(site) queues the table")
    case .atOnce: add(life.freed, "\(site) gives the table back at once")
    }
    if let index = life.run {
      let run = history.runs[index]
      add(run.started, "the worker's run begins")
      add(run.taken, "the worker has taken the list")
      add(run.invalidating, "the worker's invalidation begins")
      add(run.invalidated, "the worker's invalidation has ended")
      add(life.released, "the worker releases the table")
    }
    if let named = life.lastNamed,
      !events.contains(where: { $0.moment == named })
    {
      add(named, "\(entry) still names the table")
    } else if let named = life.lastNamed,
      let index = events.firstIndex(where: { $0.moment == named })
    {
      events[index].text += ", and \(entry) still names it"
    }
    return events
  }
}
