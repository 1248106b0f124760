// SPDX-License-Identifier: Apache-2.0

internal import FallowMachine

/// The states of one level, packed: of each log only what is in use, and of
/// each word only the bytes up to its highest.
///
/// They are kept in blocks of so many states. What does not fit into the memory
/// that it may use goes to a file; if the disk does not take it, it stays in
/// memory.
///
/// While one is filled, one thread alone has it; after that any may read it, by
/// a ``FrontierReader`` of its own.
@safe
struct Frontier: @unchecked Sendable {
  /// How many states a block has, but for the last one.
  static let statesPerBlock = 32
  /// How far beyond a word's bytes packing writes and unpacking reads.
  fileprivate static let slack = 16

  fileprivate let layout: Layout
  private let file = UnnamedFile()
  /// How many bytes it keeps in memory before it writes them to the file.
  private let limit: Int
  private var bytes: UnsafeMutableRawPointer
  private var capacity = 1 << 12
  private var used = 0
  /// How many bytes are in the file, before those in memory.
  private var spilled = 0
  private var canSpill = true
  /// Where each block begins.
  private var starts: [Int] = []
  private(set) var count = 0

  /// No states.
  ///
  /// - Parameters:
  ///   - layout: What a state consists of.
  ///   - limit: About how many bytes are kept in memory.
  init(layout: Layout, limit: Int) {
    self.layout = layout
    self.limit = limit
    unsafe bytes = .allocate(byteCount: capacity, alignment: 8)
  }

  func free() { unsafe bytes.deallocate() }

  /// The bytes of memory that it takes.
  var byteCount: Int { capacity + starts.capacity * 8 }

  /// How many blocks there are.
  var blocks: Int { starts.count }

  /// How many states a block has.
  func states(in block: Int) -> Int {
    min(Self.statesPerBlock, count - states(before: block))
  }

  /// How many states come before a block.
  func states(before block: Int) -> Int {
    min(block * Self.statesPerBlock, count)
  }

  mutating func removeAll() {
    used = 0
    if spilled > 0 { file.removeAll() }
    spilled = 0
    canSpill = true
    starts.removeAll(keepingCapacity: true)
    count = 0
  }

  mutating func append(_ state: Cells) {
    if count % Self.statesPerBlock == 0 { beginBlock() }
    // A word takes at most eight bytes, and half of one for their number.
    if used &+ layout.size &* 9 &+ Self.slack > capacity { grow() }
    count &+= 1
    pack(state, from: 0, count: layout.logs)
    for actor in 0..<layout.actors {
      pack(
        state, from: layout.log(of: actor),
        count: layout.logWords(of: actor, in: state))
    }
  }

  private mutating func beginBlock() {
    if used >= limit, canSpill {
      do throws(UnnamedFile.Failure) {
        try unsafe file.write(
          UnsafeRawBufferPointer(start: bytes, count: used), at: spilled)
        spilled += used
        used = 0
      } catch {
        canSpill = false
      }
    }
    starts.append(spilled + used)
  }

  /// Has a reader see the bytes of a block.
  fileprivate func load(
    _ block: Int, into buffer: inout UnsafeMutableRawPointer,
    _ size: inout Int
  ) -> UnsafeMutableRawPointer {
    let start = starts[block]
    if start >= spilled { return unsafe bytes + (start - spilled) }
    let end = block + 1 < blocks ? starts[block + 1] : spilled
    if end - start + Self.slack > size {
      unsafe buffer.deallocate()
      size = (end - start + Self.slack) * 2
      unsafe buffer = .allocate(byteCount: size, alignment: 8)
    }
    unsafe file.read(
      into: UnsafeMutableRawBufferPointer(start: buffer, count: end - start),
      at: start)
    return unsafe buffer
  }

  /// The bytes of a block, in words.
  func words(of block: Int) -> [UInt64] {
    let end = block + 1 < blocks ? starts[block + 1] : spilled + used
    var words = [UInt64](repeating: 0, count: (end - starts[block] + 7) / 8)
    var size = 1
    var buffer = UnsafeMutableRawPointer.allocate(
      byteCount: size, alignment: 8)
    defer { unsafe buffer.deallocate() }
    let bytes = unsafe load(block, into: &buffer, &size)
    unsafe words.withUnsafeMutableBytes {
      unsafe $0.copyMemory(
        from: UnsafeRawBufferPointer(
          start: bytes, count: end - starts[block]))
    }
    return words
  }

  /// Appends words two by two: a byte says how many bytes of each follow.
  @inline(__always)
  private mutating func pack(_ state: Cells, from first: Int, count: Int) {
    var index = first
    let end = first &+ count
    while index < end {
      let low = state[index]
      let high = index &+ 1 < end ? state[index &+ 1] : 0
      let lowCount = Self.significantBytes(of: low)
      let highCount = Self.significantBytes(of: high)
      unsafe bytes.storeBytes(
        of: UInt8(truncatingIfNeeded: lowCount | highCount &<< 4),
        toByteOffset: used, as: UInt8.self)
      unsafe bytes.storeBytes(
        of: low, toByteOffset: used &+ 1, as: UInt64.self)
      used &+= 1 &+ lowCount
      unsafe bytes.storeBytes(of: high, toByteOffset: used, as: UInt64.self)
      used &+= highCount
      index &+= 2
    }
  }

  @inline(__always)
  private static func significantBytes(of word: UInt64) -> Int {
    (71 &- word.leadingZeroBitCount) &>> 3
  }

  /// Moves what is in use to memory of twice the size.
  private mutating func grow() {
    while used + layout.size * 9 + Self.slack > capacity { capacity *= 2 }
    let old = unsafe bytes
    unsafe bytes = .allocate(byteCount: capacity, alignment: 8)
    unsafe bytes.copyMemory(from: old, byteCount: used)
    unsafe old.deallocate()
  }
}

/// Reads the states of a block one after the other: one thread's.
@safe
struct FrontierReader: ~Copyable {
  private let layout: Layout
  private var buffer: UnsafeMutableRawPointer
  private var size = 1 << 12
  private var bytes: UnsafeMutableRawPointer
  private var place = 0

  init(layout: Layout) {
    self.layout = layout
    unsafe buffer = .allocate(byteCount: size, alignment: 8)
    unsafe bytes = buffer
  }

  deinit { unsafe buffer.deallocate() }

  /// Begins with a block.
  mutating func open(_ block: Int, of level: Frontier) {
    unsafe bytes = level.load(block, into: &buffer, &size)
    place = 0
  }

  /// Begins with the words of a block.
  mutating func open(_ words: [UInt64]) {
    let needed = words.count * 8 + Frontier.slack
    if needed > size {
      unsafe buffer.deallocate()
      size = needed
      unsafe buffer = .allocate(byteCount: size, alignment: 8)
    }
    unsafe words.withUnsafeBytes {
      unsafe UnsafeMutableRawBufferPointer(start: buffer, count: size)
        .copyMemory(from: $0)
    }
    unsafe bytes = buffer
    place = 0
  }

  /// Unpacks the next state of the block, twice.
  mutating func next(into state: Cells, and copy: Cells) {
    unpack(into: state, from: 0, count: layout.logs)
    copy.copy(from: state, count: layout.logs)
    for actor in 0..<layout.actors {
      let log = layout.log(of: actor)
      let words = layout.logWords(of: actor, in: state)
      unpack(into: state, from: log, count: words)
      copy.copy(from: state, at: log, count: words)
    }
  }

  @inline(__always)
  private mutating func unpack(
    into state: Cells, from first: Int, count: Int
  ) {
    var index = first
    let end = first &+ count
    while index < end {
      let counts = unsafe Int(bytes.load(fromByteOffset: place, as: UInt8.self))
      place &+= 1
      let low = word(count: counts & 15)
      let high = word(count: counts &>> 4)
      state[index] = low
      if index &+ 1 < end { state[index &+ 1] = high }
      index &+= 2
    }
  }

  @inline(__always)
  private mutating func word(count: Int) -> UInt64 {
    let word = unsafe bytes.loadUnaligned(
      fromByteOffset: place, as: UInt64.self)
    place &+= count
    return word & ((1 as UInt64) << UInt64(count &* 8) &- 1)
  }
}
