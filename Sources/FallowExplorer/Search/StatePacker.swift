// SPDX-License-Identifier: Apache-2.0

/// Packs states one after the other, each as what distinguishes it from the one
/// before it.
///
/// States that are found one after the other have many words in common, and
/// many accesses of their logs. For eight words a byte says which of them
/// differ, and those differences follow. Of each log a byte says how many
/// accesses are the same, and the others follow. Of a word the bytes above its
/// highest are left out.
@safe
struct StatePacker {
  /// How far beyond a word's bytes packing writes and unpacking reads.
  static let slack = 8
  /// How many words have a byte that says which of them differ.
  fileprivate static let group = 8

  private let layout: Layout
  /// The state before.
  private let last: Cells

  init(layout: Layout) {
    self.layout = layout
    last = .allocate(layout.size)
  }

  func free() { last.free() }

  /// The bytes of memory that it takes.
  var byteCount: Int { layout.size * 8 }

  /// The most bytes that a state takes, with those that packing it touches.
  ///
  /// A word takes at most eight, one for their number, and an eighth of one; so
  /// there is room for a byte before it.
  var mostBytes: Int { layout.size &* 10 &+ Self.slack }

  /// Packs the next state by itself.
  func begin() { last.clear(count: layout.logs) }

  /// Packs a state, and returns how many bytes it takes.
  mutating func pack(_ state: Cells, to bytes: UnsafeMutableRawPointer) -> Int {
    var words = unsafe PackedWords(next: bytes)
    var index = 0
    while index < layout.logs {
      let count = min(Self.group, layout.logs &- index)
      var differing =
        count == Self.group
        ? state.differences(from: last, at: index, count: Self.group)
        : state.differences(from: last, at: index, count: count)
      words.append(byte: differing)
      while differing != 0 {
        let place = index &+ differing.trailingZeroBitCount
        words.append(state[place] ^ last[place])
        differing &= differing &- 1
      }
      index &+= Self.group
    }
    for actor in 0..<layout.actors { packLog(of: actor, state, &words) }
    last.copy(from: state, count: layout.logs)
    return unsafe words.next - bytes
  }

  @inline(__always)
  private func packLog(
    of actor: Int, _ state: Cells, _ words: inout PackedWords
  ) {
    var index = layout.log(of: actor)
    let count = layout.logWords(of: actor, in: state)
    let end = index &+ count
    let common = index &+ min(count, layout.logWords(of: actor, in: last))
    var same: UInt8 = 0
    while index < common, state[index] == last[index],
      state[index &+ 1] == last[index &+ 1]
    {
      same &+= 1
      index &+= Layout.loggedWords
    }
    words.append(byte: same)
    while index < end {
      let logged = LoggedAccess(in: state, at: index)
      words.append(logged)
      logged.write(to: last, at: index)
      index &+= Layout.loggedWords
    }
  }
}

/// Unpacks states in the order in which they were packed.
@safe
struct StateUnpacker {
  private let layout: Layout
  /// The state that was unpacked last.
  let state: Cells
  private var words: PackedWords

  init(layout: Layout) {
    self.layout = layout
    state = .allocate(layout.size)
    unsafe words = PackedWords(next: UnsafeMutableRawPointer(state.base))
  }

  func free() { state.free() }

  /// Begins with a state that was packed by itself.
  mutating func begin(at bytes: UnsafeMutableRawPointer) {
    unsafe words.next = bytes
    state.clear(count: layout.logs)
  }

  /// Takes a byte that is not packed.
  mutating func byte() -> UInt8 { words.byte() }

  /// Unpacks the next state.
  mutating func next() {
    var words = words
    var index = 0
    while index < layout.logs {
      var differing = words.byte()
      while differing != 0 {
        let place = index &+ differing.trailingZeroBitCount
        state[place] = state[place] ^ words.word()
        differing &= differing &- 1
      }
      index &+= StatePacker.group
    }
    for actor in 0..<layout.actors {
      let log = layout.log(of: actor)
      let end = log &+ layout.logWords(of: actor, in: state)
      index = log &+ Int(words.byte()) &* Layout.loggedWords
      while index < end {
        words.logged().write(to: state, at: index)
        index &+= Layout.loggedWords
      }
    }
    self.words = words
  }
}

/// Words without the bytes above their highest.
@safe
private struct PackedWords {
  var next: UnsafeMutableRawPointer

  /// How many bytes a word has up to its highest that is not zero.
  @inline(__always)
  private static func byteCount(of word: UInt64) -> Int {
    (71 &- word.leadingZeroBitCount) &>> 3
  }

  @inline(__always)
  mutating func append(byte: UInt8) {
    unsafe next.storeBytes(of: byte, as: UInt8.self)
    unsafe next += 1
  }

  /// Appends a word after a byte that says how many bytes it has.
  @inline(__always)
  mutating func append(_ word: UInt64) {
    let count = Self.byteCount(of: word)
    append(byte: UInt8(truncatingIfNeeded: count))
    unsafe next.storeBytes(of: word, as: UInt64.self)
    unsafe next += count
  }

  /// Appends an access: a byte that says how many bytes its result has, the
  /// five bytes that say which it was, and the result.
  @inline(__always)
  mutating func append(_ logged: LoggedAccess) {
    let count = Self.byteCount(of: logged.result)
    unsafe next.storeBytes(
      of: logged.key &>> 16 | UInt64(truncatingIfNeeded: count),
      as: UInt64.self)
    unsafe next += 6
    unsafe next.storeBytes(of: logged.result, as: UInt64.self)
    unsafe next += count
  }

  @inline(__always)
  mutating func byte() -> UInt8 {
    let byte = unsafe next.load(as: UInt8.self)
    unsafe next += 1
    return byte
  }

  @inline(__always)
  mutating func word() -> UInt64 { word(bytes: Int(byte())) }

  @inline(__always)
  mutating func logged() -> LoggedAccess {
    let key = unsafe next.loadUnaligned(as: UInt64.self)
    unsafe next += 6
    let result = word(bytes: Int(truncatingIfNeeded: key & 0xff))
    return LoggedAccess(key: key &<< 16 & ~0xff_ffff, result: result)
  }

  @inline(__always)
  private mutating func word(bytes count: Int) -> UInt64 {
    let word = unsafe next.loadUnaligned(as: UInt64.self)
    unsafe next += count
    return word & ((1 as UInt64) << UInt64(count &* 8) &- 1)
  }
}
