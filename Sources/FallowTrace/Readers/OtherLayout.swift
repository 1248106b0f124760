// SPDX-License-Identifier: Apache-2.0

/// What a line is whose front is not the usual one.
enum OtherLayout {
  /// An event.
  case event(Prologue)
  /// Of no use here: a traced function, a line of a stack.
  case other
  /// Of an option whose text does not say enough.
  case unreadable(UnreadableOption)

  /// Recognises `line`; nil if it is of no layout that is known.
  init?(_ line: LineBytes) {
    let words = LineTokens(line)
    if let prologue = Prologue(latency: line, words)
      ?? Prologue(verbose: line, words)
    {
      self = .event(prologue)
    } else if let layout = Self.perf(line, words)
      ?? Self.withoutContext(line, words)
    {
      self = layout
    } else if Self.isFunctionOrStack(line, words) {
      self = .other
    } else {
      return nil
    }
  }

  /// `perf script -F`: fields are missing or joined by others.
  private static func perf(_ line: LineBytes, _ words: LineTokens) -> Self? {
    for (index, token) in words.tokens.enumerated() where index > 0 {
      guard let name = PerfName(line, token) else { continue }
      let front = PerfFront(line, words, before: index)
      guard let time = front.time else {
        return .unreadable(.perfWithoutTime)
      }
      guard let task = front.task else {
        return .unreadable(.perfWithoutTask)
      }
      return Prologue(
        line, task: task, cpu: front.cpu ?? 0, time: time,
        commandEnd: front.commandEnd, nameAt: name.start, isPerf: true
      ).map(Self.event)
    }
    return nil
  }

  /// Text of ftrace without times, or without names.
  private static func withoutContext(
    _ line: LineBytes, _ words: LineTokens
  ) -> Self? {
    let tokens = words.tokens
    guard let first = tokens.first else { return nil }
    if tokens.count >= 4, tokens[3].count == 5,
      line.has("type:", at: tokens[3].lowerBound),
      tokens[..<3].allSatisfy({ words.hexadecimal($0) != nil })
    {
      let isHex = tokens[0].count == 8 && tokens[1].count == 8
      return .unreadable(isHex ? .hex : .raw)
    }
    let name = first.lowerBound..<first.upperBound - 1
    if first.lowerBound == 0, line[name.upperBound] == .colon,
      EventName.isRecorded(line, name)
    {
      return .unreadable(.noContextInfo)
    }
    return nil
  }

  /// A line of the function tracer, or of a stack.
  private static func isFunctionOrStack(
    _ line: LineBytes, _ words: LineTokens
  ) -> Bool {
    let tokens = words.tokens
    guard let first = tokens.first else { return false }
    if line.has("=>", at: first.lowerBound), first.count == 2 { return true }
    // perf's frames: an address, and the function.
    if first.lowerBound > 0, first.count >= 8, tokens.count >= 2,
      words.hexadecimal(first) != nil
    {
      return true
    }
    return tokens.indices.dropFirst().contains { index in
      let start = tokens[index].lowerBound
      let isAfterTime = { (token: LineTokens.Token) in
        line[token.upperBound - 1] == .colon && line[token.lowerBound].isDigit
      }
      if line.has("<stack", at: start) || line.has("<user", at: start) {
        return isAfterTime(tokens[index - 1])
          || line.has("kernel_stack:", at: tokens[index - 1].lowerBound)
      }
      return index > 1 && line.has("<-", at: start)
        && isAfterTime(tokens[index - 2])
    }
  }

  /// How many events a line says were lost: one of perf, or one that
  /// `trace-cmd report` begins with a buffer's name.
  static func lostEvents(in line: LineBytes) -> Int? {
    let words = LineTokens(line)
    let tokens = words.tokens
    let count: UInt64?
    if tokens.contains(where: {
      line.has("PERF_RECORD_LOST", at: $0.lowerBound)
    }) {
      count = tokens.last.flatMap(words.number)
    } else if let last = tokens.last, line.has("DROPPED]", at: last.lowerBound),
      let cpu = tokens.firstIndex(where: { line.has("CPU:", at: $0.lowerBound) }
      ),
      let start = tokens.dropFirst(cpu + 1).first,
      line[start.lowerBound] == UInt8(ascii: "[")
    {
      count = words.number(start.lowerBound + 1..<start.upperBound)
    } else {
      return nil
    }
    return Int(min(count ?? 1, 1 << 40))
  }
}
