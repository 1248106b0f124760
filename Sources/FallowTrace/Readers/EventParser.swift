// SPDX-License-Identifier: Apache-2.0

/// Makes events of lines, and counts what it is given.
struct EventParser {
  /// The format of the first event line, and so of every other.
  private(set) var format: TraceFormat?

  /// The callers' names met so far.
  private(set) var symbols = SymbolTable()

  /// The tasks' names met so far.
  private(set) var tasks = TaskNames()

  private(set) var events = 0
  private(set) var ignored = 0
  private(set) var malformed = 0
  private(set) var firstMalformedLine: Int?
  private(set) var outOfOrder = 0
  private(set) var lost = 0
  /// What the headings of `fallow record` say; nil in other formats.
  private(set) var heading: RecordHeading?
  /// The callers' stacks met so far.
  private(set) var stacks = StackTable()
  /// What the times are.
  private(set) var clock = TraceClock.nanoseconds
  /// The first event's name and field that were missing from a line.
  private(set) var firstMissingField: String?
  /// An option whose text cannot be read, and the first line of it.
  private(set) var unreadable: (option: UnreadableOption, line: Int)?

  private var lastTime: UInt64 = 0
  /// A heading of tracefs was seen: its lines may go without flags.
  private var isTracefs = false
  /// A heading of `trace-cmd report` was seen.
  private var isTraceCmd = false
  private var firstTime: UInt64 = 0
  private var functionGraph = FunctionGraph()
  private let declarations = EventName.table
  private let names = SymbolTable(EventName.table.map(\.recordedName))

  /// The event in `line`, the `number`th of the file; nil if it has none.
  @inline(__always)
  mutating func event(
    in line: LineBytes, isWhole: Bool, number: Int
  ) -> TraceEvent? {
    let line = line.withoutReturn
    guard isWhole else {
      countMalformed(number)
      return nil
    }
    if let prologue = Prologue(line), accepts(prologue) {
      return event(in: line, behind: prologue, number)
    }
    return readHeading(line) ? nil : eventOfOtherLayout(in: line, number)
  }

  @inline(__always)
  private mutating func event(
    in line: LineBytes, behind prologue: Prologue, _ number: Int
  ) -> TraceEvent? {
    let symbol = names.find(
      line, from: prologue.nameStart, to: prologue.nameEnd,
      hash: prologue.nameHash)
    guard let symbol, let name = EventName(rawValue: symbol.rawValue) else {
      ignored += 1
      return nil
    }
    var fields = FieldCursor(line, from: prologue.nameEnd + 1)
    let payload = declarations[Int(name.rawValue)].payload(&fields, &symbols)
    guard fields.isWhole else {
      if malformed == 0, let field = fields.firstMissing {
        firstMissingField = "\(name.recordedName): \(field)"
      }
      countMalformed(number)
      return nil
    }
    guard let payload else {
      ignored += 1
      return nil
    }
    if events == 0 { firstTime = prologue.time }
    events += 1
    if prologue.time < lastTime { outOfOrder += 1 }
    lastTime = prologue.time
    if prologue.isTicks { clock = .ticks }
    tasks.note(
      CommandName(line, before: prologue.commandEnd), of: prologue.task,
      at: prologue.time)
    return TraceEvent(
      time: prologue.time, cpu: prologue.cpu, task: prologue.task,
      payload: payload)
  }

  /// The same, of a line whose front is that of an option.
  @inline(never)
  private mutating func eventOfOtherLayout(
    in line: LineBytes, _ number: Int
  ) -> TraceEvent? {
    switch OtherLayout(line) {
    case .event(let prologue) where accepts(prologue):
      return event(in: line, behind: prologue, number)
    case .other: ignored += 1
    case .unreadable(let option): refuse(option, number)
    case .event: countMalformed(number)
    case nil: return eventOfFunctionGraph(in: line, number)
    }
    return nil
  }

  private mutating func eventOfFunctionGraph(
    in line: LineBytes, _ number: Int
  ) -> TraceEvent? {
    switch functionGraph.read(line) {
    case .event(let prologue) where accepts(prologue):
      return event(in: line, behind: prologue, number)
    case .other: ignored += 1
    case .unreadable(let option): refuse(option, number)
    case .event, nil:
      if let count = OtherLayout.lostEvents(in: line) {
        lost += count
      } else {
        countMalformed(number)
      }
    }
    return nil
  }

  private mutating func refuse(_ option: UnreadableOption, _ number: Int) {
    if unreadable == nil { unreadable = (option, number) }
    countMalformed(number)
  }

  /// Whether the text is of `perf script --deltatime`: its first time is 0, and
  /// many are smaller than the one before, since none says when.
  var hasRelativeTimes: Bool {
    format == .perfScript && firstTime == 0 && events >= 16
      && outOfOrder * 5 > events
  }

  /// Whether the line is of the file's format, which the first one settles.
  @inline(__always)
  private mutating func accepts(_ prologue: Prologue) -> Bool {
    if let format { return prologue.hasDash == (format != .perfScript) }
    format =
      if !prologue.hasDash {
        .perfScript
      } else if isTracefs || prologue.hasFlags && !isTraceCmd {
        .ftrace
      } else {
        .traceCmdReport
      }
    return true
  }

  /// What a line of `fallow record` says beside its event.
  mutating func observation(
    of event: TraceEvent, in line: LineBytes
  ) -> TraceEvent? {
    guard heading != nil,
      let fields = RecordFields(line.withoutReturn, event)
    else { return nil }
    heading?.note(sequence: fields.sequence)
    return fields.observation(of: event, &symbols, &stacks)
  }

  private mutating func readRecordHeading(_ line: LineBytes) {
    if format == nil, let started = RecordHeading(firstLine: line) {
      heading = started
      format = .fallowRecord
    } else if let count = heading?.read(line) {
      lost += count
    }
  }

  private mutating func countMalformed(_ number: Int) {
    malformed += 1
    if firstMalformedLine == nil { firstMalformedLine = number }
  }

  /// Reads a line that is not meant to be an event: false if it is no such.
  private mutating func readHeading(_ line: LineBytes) -> Bool {
    let start = line.skipSpaces(from: 0)
    if start == line.count { return true }
    if line[0] == UInt8(ascii: "#") {
      if line.has("# tracer:", at: 0) { isTracefs = true }
      readRecordHeading(line)
      if line.has("# entries-in-buffer/entries-written:", at: 0) {
        let counts = Self.numbers(in: line)
        if counts.count >= 2, counts[1] > counts[0] {
          lost += counts[1] - counts[0]
        }
      }
      return true
    }
    if line.has("CPU:", at: 0) {
      // ftrace: `CPU:0 [LOST 7 EVENTS]`; trace-cmd: `[7 EVENTS DROPPED]`.
      let counts = Self.numbers(in: line)
      lost += counts.count >= 2 ? counts[1] : 1
      return true
    }
    if line.has("cpus=", at: 0) || line.has("version = ", at: 0) {
      isTraceCmd = true
      return true
    }
    return line.has("CPU ", at: 0)
  }

  /// The decimal numbers in a heading, the first few of them.
  private static func numbers(in line: LineBytes) -> [Int] {
    var numbers: [Int] = []
    var index = 0
    while index < line.count, numbers.count < 4 {
      var value = 0
      let start = index
      while line[index].isDigit, index - start < 15 {
        value = value * 10 + Int(line[index] & 0xF)
        index += 1
      }
      if index > start { numbers.append(value) } else { index += 1 }
    }
    return numbers
  }
}
