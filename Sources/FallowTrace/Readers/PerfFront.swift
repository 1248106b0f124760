// SPDX-License-Identifier: Apache-2.0

/// An event's name with its group, as perf prints it: `pgt:vmap:`.
struct PerfName {
  /// Where the name begins, behind the group.
  let start: Int

  /// Recognises a whole word.
  init?(_ line: LineBytes, _ token: LineTokens.Token) {
    let group = token.prefix { line[$0].isName }
    guard !group.isEmpty, group.upperBound + 2 < token.upperBound,
      line[group.upperBound] == .colon,
      line[token.upperBound - 1] == .colon, !line[token.lowerBound].isDigit
    else { return nil }
    let name = group.upperBound + 1..<token.upperBound - 1
    guard name.allSatisfy({ line[$0].isName }) else {
      return nil
    }
    start = name.lowerBound
  }
}

/// The fields that `perf script` prints before an event's name, whichever of
/// them were asked for.
struct PerfFront {
  private(set) var time: UInt64?
  private(set) var cpu: Int?
  private(set) var task: Int?
  /// The task's name ends before this place.
  private(set) var commandEnd = 0

  /// Reads the words before the `index`th, backwards: the period, the time, the
  /// time of day, the CPU, the task.
  init(_ line: LineBytes, _ words: LineTokens, before index: Int) {
    let tokens = words.tokens
    var next = index - 1
    func token() -> LineTokens.Token? { next >= 0 ? tokens[next] : nil }
    func isNumber(_ token: LineTokens.Token?) -> Bool {
      token.flatMap { words.number($0) } != nil
    }
    if isNumber(token()), next > 0,
      line[tokens[next - 1].upperBound - 1] == .colon
    {
      next -= 1
    }
    if let last = token(), line[last.upperBound - 1] == .colon {
      time = words.seconds(last.lowerBound..<last.upperBound - 1)
      if time != nil { next -= 1 }
    }
    if let last = token(), let day = Self.timeOfDay(line, last, words) {
      time = time ?? day
      next -= 1
      if let date = token(), Self.isDate(line, date) { next -= 1 }
    }
    if let last = token(), line[last.lowerBound] == UInt8(ascii: "["),
      line[last.upperBound - 1] == UInt8(ascii: "]"), last.count > 2,
      let number = words.number(last.lowerBound + 1..<last.upperBound - 1),
      number < 1 << 20
    {
      cpu = Int(number)
      next -= 1
    }
    if let last = token() { readTask(line, words, last) }
  }

  /// An id, or two with a slash between them; -1 for none.
  private mutating func readTask(
    _ line: LineBytes, _ words: LineTokens, _ token: LineTokens.Token
  ) {
    let slash = token.last { line[$0] == UInt8(ascii: "/") }
    let thread = (slash.map { $0 + 1 } ?? token.lowerBound)..<token.upperBound
    commandEnd = token.lowerBound
    if let id = words.number(thread), id < 1 << 31 {
      task = Int(id)
    } else if thread.count == 2, line.has("-1", at: thread.lowerBound) {
      task = -1
    }
  }

  /// `HH:MM:SS.ffffff`, as nanoseconds of the day.
  private static func timeOfDay(
    _ line: LineBytes, _ token: LineTokens.Token, _ words: LineTokens
  ) -> UInt64? {
    let start = token.lowerBound
    guard token.count > 8, line[start + 2] == .colon,
      line[start + 5] == .colon,
      let hours = words.number(start..<start + 2),
      let minutes = words.number(start + 3..<start + 5),
      let seconds = words.seconds(start + 6..<token.upperBound)
    else { return nil }
    return (hours * 60 + minutes) * 60_000_000_000 + seconds
  }

  private static func isDate(
    _ line: LineBytes, _ token: LineTokens.Token
  ) -> Bool {
    let dash = UInt8(ascii: "-")
    return token.count == 10 && line[token.lowerBound + 4] == dash
      && line[token.lowerBound + 7] == dash
  }
}
