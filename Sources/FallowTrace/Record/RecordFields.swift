// SPDX-License-Identifier: Apache-2.0

/// The fields that `fallow record` adds to an event's line.
struct RecordFields {
  /// The event's number: consecutive over all CPUs.
  let sequence: UInt64

  private var fields: FieldCursor

  /// Reads the sequence number of the line of `event`; nil if it has none.
  init?(_ line: LineBytes, _ event: TraceEvent) {
    guard let prologue = Prologue(line) else { return nil }
    fields = FieldCursor(line, from: prologue.nameEnd + 1)
    sequence = fields.number("seq")
    guard fields.isWhole else { return nil }
  }

  /// What the line says beside its event; nil if that is nothing.
  func observation(
    of event: TraceEvent, _ symbols: inout SymbolTable,
    _ stacks: inout StackTable
  ) -> TraceEvent? {
    let payload: TraceEvent.Payload?
    switch event.payload {
    case .tableFree(let descriptor, _, _), .release(let descriptor, _),
      .freedAtOnce(let descriptor, _, _), .stillLinked(let descriptor):
      payload = .observed(table(descriptor, &symbols, &stacks))
    case .invalidate:
      let open = optional("open") ?? 0
      let looked = optional("looked") ?? open
      payload =
        open > looked
        ? .unexamined(tables: Int(clamping: open - looked)) : nil
    default:
      payload = nil
    }
    return payload.map {
      TraceEvent(
        time: event.time, cpu: event.cpu, task: event.task, payload: $0)
    }
  }

  private func table(
    _ descriptor: UInt64, _ symbols: inout SymbolTable,
    _ stacks: inout StackTable
  ) -> TableObservation {
    let levels: [LinuxLevel?] = [nil, .pte, .pmd, .pud]
    let level = Int(clamping: optional("level") ?? 0)
    return TableObservation(
      descriptor: descriptor, address: optional("va"),
      level: levels.indices.contains(level) ? levels[level] : nil,
      naming: naming, entry: optional("entry") ?? 0,
      typeWord: optional("type").map { UInt32(truncatingIfNeeded: $0) },
      references: optional("refs").map { UInt16(truncatingIfNeeded: $0) },
      stack: stack(&symbols, &stacks), isData: optional("data") == 1)
  }

  private var naming: TableObservation.Naming {
    var fields = fields
    if fields.equals("named", "yes") { return .named }
    fields = self.fields
    return fields.equals("named", "no") ? .cleared : .unknown
  }

  private func optional(_ key: StaticString) -> UInt64? {
    var fields = fields
    let value = fields.number(key)
    return fields.isWhole ? value : nil
  }

  private func stack(
    _ symbols: inout SymbolTable, _ stacks: inout StackTable
  ) -> CallStack? {
    var fields = fields
    let callers = fields.callSites("stack", upTo: StackTable.depth, &symbols)
    return fields.isWhole ? stacks.intern(callers) : nil
  }
}
