// SPDX-License-Identifier: Apache-2.0

/// The lines of the function_graph tracer, which prints events as comments.
///
///      0)               |  /* vmap: (f+0x0/0x710) start=0x… */
///       83.124726 |   1)    bash-117    |               |  /* vmap: … */
///      1)    bash-117    =>    seq-250
struct FunctionGraph {
  /// What a line is.
  enum Line {
    case event(Prologue)
    case other
    case unreadable(UnreadableOption)
  }

  /// The task that runs on each CPU, where a line has said so.
  private var tasks: [Int: Int] = [:]

  /// Reads a line; nil if the tracer would not have printed it.
  mutating func read(_ line: LineBytes) -> Line? {
    let words = LineTokens(line)
    guard let place = Place(line, words) else {
      let first = words.tokens.first
      return first.map { line.has("-----", at: $0.lowerBound) } == true
        ? .other : nil
    }
    if let task = place.newTask {
      tasks[place.cpu] = task
      return .other
    }
    guard let name = place.comment, EventName.isRecorded(line, name) else {
      return .other
    }
    guard let time = place.time else {
      return .unreadable(.functionGraphWithoutTime)
    }
    // Until a line names the task, all that is known is the CPU.
    let task = place.task ?? tasks[place.cpu] ?? -1 - place.cpu
    return Prologue(
      line, task: task, cpu: place.cpu, time: time, commandEnd: 0,
      nameAt: name.lowerBound, isPerf: false
    ).map(Line.event)
  }

  /// The columns before the functions.
  private struct Place {
    var time: UInt64?
    var cpu = 0
    /// The task of the line, if there is such a column.
    var task: Int?
    /// The task that runs from here on, if the line says that.
    var newTask: Int?
    /// The name of the event that the line has as a comment.
    var comment: Range<Int>?

    init?(_ line: LineBytes, _ words: LineTokens) {
      let tokens = words.tokens
      var next = 0
      if let first = tokens.first, let time = words.seconds(first),
        tokens.count > 1, line[tokens[1].lowerBound] == UInt8(ascii: "|")
      {
        self.time = time
        next = 2
      }
      guard next < tokens.count, tokens[next].count > 1,
        line[tokens[next].upperBound - 1] == UInt8(ascii: ")"),
        let cpu = words.number(
          tokens[next].lowerBound..<tokens[next].upperBound - 1),
        cpu < 1 << 20
      else { return nil }
      self.cpu = Int(cpu)
      for (index, token) in tokens.enumerated().dropFirst(next + 1) {
        if line.has("/*", at: token.lowerBound), token.count == 2 {
          if index + 1 < tokens.count {
            let name = tokens[index + 1]
            comment = name.lowerBound..<name.upperBound - 1
          }
          break
        }
        let task = Self.task(line, token, words)
        if line.has("=>", at: tokens[index - 1].lowerBound) {
          newTask = task
        } else if self.task == nil {
          self.task = task
        }
      }
    }

    private static func task(
      _ line: LineBytes, _ token: LineTokens.Token, _ words: LineTokens
    ) -> Int? {
      guard let dash = token.last(where: { line[$0] == UInt8(ascii: "-") }),
        dash > token.lowerBound,
        let id = words.number(dash + 1..<token.upperBound), id < 1 << 31
      else { return nil }
      return Int(id)
    }
  }
}
