// SPDX-License-Identifier: Apache-2.0

/// The front of an event line: task, CPU, time, and the event's name.
///
///     modprobe-163     [001] d.Z1.     9.131679: kpt_listed: …    ftrace
///     insmod    6201 [000]    92.985755596:   pgt:kpt_listed: …   perf script
///     insmod-251   [000]    38.307675484: kpt_listed:  …          trace-cmd
///
/// This is all in which the three formats differ. A command's name may hold
/// anything, brackets too: the CPU's brackets are the first that everything
/// around them agrees with.
struct Prologue {
  var time: UInt64
  var cpu: Int
  var task: Int
  /// The task's name ends before this place; spaces may stand before it.
  var commandEnd: Int
  /// The event's name is `nameStart..<nameEnd`; a colon follows.
  var nameStart: Int
  var nameEnd: Int
  var nameHash: UInt32
  /// The task stands behind a dash, as everywhere but in perf's text.
  var hasDash: Bool
  /// There is a word between the CPU and the time.
  var hasFlags: Bool
  /// The time is a count of a clock without a unit.
  var isTicks = false

  init?(_ line: LineBytes) {
    var from = 0
    while let bracket = line.firstIndex(of: UInt8(ascii: "["), from: from) {
      if let found = Prologue(line, cpuAt: bracket) {
        self = found
        return
      }
      from = bracket + 1
    }
    return nil
  }

  /// Makes the front of a line that was read in another way.
  ///
  /// Nil if no event's name is at or behind `start`.
  init?(
    _ line: LineBytes, task: Int, cpu: Int, time: UInt64, commandEnd: Int,
    nameAt start: Int, isPerf: Bool
  ) {
    self.task = task
    self.cpu = cpu
    self.time = time
    self.commandEnd = commandEnd
    hasDash = !isPerf
    hasFlags = true
    nameStart = line.skipSpaces(from: start)
    nameEnd = nameStart
    nameHash = 0
    guard scanName(in: line) else { return nil }
  }

  @inline(__always)
  private init?(_ line: LineBytes, cpuAt bracket: Int) {
    guard let task = Self.task(in: line, before: bracket) else { return nil }
    self.task = task.id
    commandEnd = task.start
    hasDash = task.hasDash

    var index = bracket + 1
    guard let cpu = Self.number(in: line, at: &index, digits: 6),
      line[index] == UInt8(ascii: "]"), line[index + 1] == .space
    else { return nil }
    self.cpu = Int(cpu)

    index = line.skipSpaces(from: index + 1)
    hasFlags = !line[index].isDigit
    if hasFlags {
      guard let space = line.firstIndex(of: .space, from: index) else {
        return nil
      }
      index = line.skipSpaces(from: space)
    }
    if let time = Self.time(in: line, at: &index) {
      self.time = time
    } else if let ticks = Self.ticks(in: line, at: &index) {
      time = ticks
      isTicks = true
    } else {
      return nil
    }
    nameStart = Self.skipDifference(in: line, from: index)
    nameEnd = nameStart
    nameHash = 0
    guard scanName(in: line) else { return nil }
    if line[nameEnd + 1].isName, !hasDash || task.isNobody {
      // perf names the event's group first.
      nameStart = nameEnd + 1
      guard scanName(in: line) else { return nil }
      if task.isNobody {
        self.task = -1
        hasDash = false
      }
    }
  }

  /// Where the name begins, behind the time since the event before, which
  /// `trace-cmd report --ts-diff` adds.
  @inline(__always)
  private static func skipDifference(in line: LineBytes, from start: Int) -> Int
  {
    let index = line.skipSpaces(from: start)
    guard line[index] == UInt8(ascii: "("),
      let end = line.firstIndex(of: UInt8(ascii: ")"), from: index)
    else { return index }
    return line.skipSpaces(from: end + 1)
  }

  @inline(__always)
  private mutating func scanName(in line: LineBytes) -> Bool {
    var hash = NameHash()
    nameEnd = nameStart
    // Counters of perf have dashes in their names.
    while line[nameEnd].isName || line[nameEnd] == UInt8(ascii: "-") {
      hash.add(line[nameEnd])
      nameEnd += 1
    }
    nameHash = hash.value
    return nameEnd > nameStart && line[nameEnd] == .colon
  }

  /// The task's id, read backwards from the CPU's bracket.
  @inline(__always)
  private static func task(
    in line: LineBytes, before bracket: Int
  ) -> (id: Int, start: Int, hasDash: Bool, isNobody: Bool)? {
    var index = bracket - 1
    while line[index] == .space { index -= 1 }
    if line[index] == UInt8(ascii: ")") {
      // ftrace can be asked to add the thread group, in nine columns.
      let end = index
      while index > end - 9, line[index] != UInt8(ascii: "(") { index -= 1 }
      index -= 1
      while line[index] == .space { index -= 1 }
    }
    let last = index
    var id = 0
    var scale = 1
    while line[index].isDigit, last - index < 9 {
      id += Int(line[index] & 0xF) * scale
      scale *= 10
      index -= 1
    }
    guard index < last, index > 0 else { return nil }
    switch line[index] {
    case UInt8(ascii: "-"):
      // perf writes -1 where there is no task.
      let isNobody =
        id == 1
        && (line[index - 1] == .space || line[index - 1] == UInt8(ascii: "/"))
      return (id, index, true, isNobody)
    case .space, UInt8(ascii: "/"):
      var start = index
      while line[start] == .space { start -= 1 }
      return (id, start + 1, false, false)
    default: return nil
    }
  }

  /// Seconds, a dot, one to nine digits and a colon, as nanoseconds.
  @inline(__always)
  private static func time(in line: LineBytes, at place: inout Int) -> UInt64? {
    var index = place
    guard let seconds = number(in: line, at: &index, digits: 10),
      line[index] == UInt8(ascii: ".")
    else { return nil }
    index += 1
    let start = index
    guard var fraction = number(in: line, at: &index, digits: 9),
      line[index] == .colon
    else { return nil }
    for _ in (index - start)..<9 { fraction *= 10 }
    place = index + 1
    return seconds * 1_000_000_000 + fraction
  }

  /// A count and a colon: the clocks `counter` and `x86-tsc`.
  private static func ticks(
    in line: LineBytes, at place: inout Int
  ) -> UInt64? {
    var index = place
    guard let ticks = number(in: line, at: &index, digits: 19),
      line[index] == .colon
    else { return nil }
    place = index + 1
    return ticks
  }

  /// A decimal number of at most `digits` digits.
  @inline(__always)
  private static func number(
    in line: LineBytes, at index: inout Int, digits: Int
  ) -> UInt64? {
    let start = index
    var value: UInt64 = 0
    while line[index].isDigit {
      guard index - start < digits else { return nil }
      value = value * 10 + UInt64(line[index] & 0xF)
      index += 1
    }
    return index > start ? value : nil
  }
}
