// SPDX-License-Identifier: Apache-2.0

/// The fronts that the trace option `latency-format` and `trace-cmd report -l`
/// print.
extension Prologue {
  /// The CPU and the flags in one word behind the task, then the time.
  ///
  ///     modprobe-201       1d.h1. 27670706us#: vmap: …
  ///     modprobe-270     1d.h1.   217.202956: cpa_split: …
  init?(latency line: LineBytes, _ words: LineTokens) {
    let tokens = words.tokens
    for index in tokens.indices.dropFirst().dropLast() {
      let token = tokens[index]
      let cpu = token.prefix { line[$0].isDigit }
      guard !cpu.isEmpty, cpu.count <= 6, token.count - cpu.count >= 3,
        "dDbBX.".utf8.contains(line[cpu.upperBound]),
        let task = Self.dashedTask(line, tokens[index - 1], words),
        let (time, isTicks, end) = Self.latencyTime(
          line, tokens[index + 1], words)
      else { continue }
      self.init(
        line, task: task.id, cpu: Int(words.number(cpu) ?? 0), time: time,
        commandEnd: task.start, nameAt: end, isPerf: false)
      self.isTicks = isTicks
      return
    }
    return nil
  }

  /// With `verbose` too: the task's id, CPU, flags, preemption count and index
  /// as numbers, the clock in brackets, then two durations.
  ///
  ///     bash   117 1 0 00000000 00000012 [083124726] 1427.083ms (+0.120ms): …
  init?(verbose line: LineBytes, _ words: LineTokens) {
    let tokens = words.tokens
    for index in tokens.indices.dropFirst(6).dropLast() {
      let token = tokens[index]
      guard line[token.lowerBound] == UInt8(ascii: "["),
        line[token.upperBound - 1] == UInt8(ascii: "]"), token.count > 2,
        let clock = words.hexadecimal(
          token.lowerBound + 1..<token.upperBound - 1),
        let task = words.number(tokens[index - 5]),
        let cpu = words.number(tokens[index - 4]), task < 1 << 31,
        cpu < 1 << 20, index + 2 < tokens.count,
        line.has("(+", at: tokens[index + 2].lowerBound),
        line[tokens[index + 2].upperBound - 1] == .colon
      else { continue }
      let isTicks = !line.has("ms", at: tokens[index + 1].upperBound - 2)
      guard isTicks || clock < 1 << 53 else { return nil }
      self.init(
        line, task: Int(task), cpu: Int(cpu),
        time: isTicks ? clock : clock * 1_000,
        commandEnd: tokens[index - 5].lowerBound,
        nameAt: tokens[index + 2].upperBound, isPerf: false)
      self.isTicks = isTicks
      return
    }
    return nil
  }

  /// The id behind the last dash of a word.
  private static func dashedTask(
    _ line: LineBytes, _ token: LineTokens.Token, _ words: LineTokens
  ) -> (id: Int, start: Int)? {
    guard let dash = token.last(where: { line[$0] == UInt8(ascii: "-") }),
      let id = words.number(dash + 1..<token.upperBound), id < 1 << 31
    else { return nil }
    return (Int(id), dash)
  }

  /// Microseconds with a mark, seconds, or ticks; and what follows the colon.
  private static func latencyTime(
    _ line: LineBytes, _ token: LineTokens.Token, _ words: LineTokens
  ) -> (time: UInt64, isTicks: Bool, end: Int)? {
    let digits = token.prefix { line[$0].isDigit }
    let end = digits.upperBound
    if let microseconds = words.number(digits), line.has("us", at: end),
      line[end + 3] == .colon, microseconds < 1 << 53
    {
      return (microseconds * 1_000, false, end + 4)
    }
    guard line[token.upperBound - 1] == .colon else { return nil }
    let number = token.lowerBound..<token.upperBound - 1
    if let time = words.seconds(number) {
      return (time, false, token.upperBound)
    }
    return words.number(number).map { ($0, true, token.upperBound) }
  }
}
