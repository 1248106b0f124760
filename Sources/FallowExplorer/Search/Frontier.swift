// SPDX-License-Identifier: Apache-2.0

internal import FallowMachine

/// The states of one level, packed.
///
/// They are kept in blocks of so many states, the first of which is packed by
/// itself. What does not fit into the memory that it may use goes to a file; if
/// the disk does not take it, it stays in memory.
///
/// While one is filled, one thread alone has it; after that any may read it, by
/// a ``FrontierReader`` of its own.
@safe
struct Frontier: @unchecked Sendable {
  /// How many states a block has, but for the last one.
  static let statesPerBlock = 32

  private var packer: StatePacker
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
    packer = StatePacker(layout: layout)
    self.limit = limit
    unsafe bytes = .allocate(byteCount: capacity, alignment: 8)
  }

  func free() {
    packer.free()
    unsafe bytes.deallocate()
  }

  /// The bytes of memory that it takes.
  var byteCount: Int { capacity + starts.capacity * 8 + packer.byteCount }

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

  /// Appends a state, by what names it is canonical.
  mutating func append(_ state: Cells, _ symmetry: Symmetry) {
    if count % Self.statesPerBlock == 0 { beginBlock() }
    if used &+ packer.mostBytes > capacity { grow() }
    count &+= 1
    unsafe bytes.storeBytes(
      of: symmetry.rawValue, toByteOffset: used, as: UInt8.self)
    used &+= 1
    used &+= unsafe packer.pack(state, to: bytes + used)
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
    packer.begin()
  }

  /// Has a reader see the bytes of a block.
  fileprivate func load(
    _ block: Int, into buffer: inout UnsafeMutableRawPointer,
    _ size: inout Int
  ) -> UnsafeMutableRawPointer {
    let start = starts[block]
    if start >= spilled { return unsafe bytes + (start - spilled) }
    let end = block + 1 < blocks ? starts[block + 1] : spilled
    if end - start + StatePacker.slack > size {
      unsafe buffer.deallocate()
      size = (end - start + StatePacker.slack) * 2
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

  /// Moves what is in use to memory of twice the size.
  private mutating func grow() {
    while used + packer.mostBytes > capacity { capacity *= 2 }
    let old = unsafe bytes
    unsafe bytes = .allocate(byteCount: capacity, alignment: 8)
    unsafe bytes.copyMemory(from: old, byteCount: used)
    unsafe old.deallocate()
  }
}

/// Reads the states of a block one after the other: one thread's.
@safe
struct FrontierReader: ~Copyable {
  private var buffer: UnsafeMutableRawPointer
  private var size = 1 << 12
  private var unpacker: StateUnpacker

  init(layout: Layout) {
    unsafe buffer = .allocate(byteCount: size, alignment: 8)
    unpacker = StateUnpacker(layout: layout)
  }

  deinit {
    unpacker.free()
    unsafe buffer.deallocate()
  }

  /// The state that was read last.
  var state: Cells { unpacker.state }

  /// By what names it is canonical.
  private(set) var symmetry = Symmetry()

  /// Begins with a block.
  mutating func open(_ block: Int, of level: Frontier) {
    unsafe unpacker.begin(at: level.load(block, into: &buffer, &size))
  }

  /// Begins with the words of a block.
  mutating func open(_ words: [UInt64]) {
    let needed = words.count * 8 + StatePacker.slack
    if needed > size {
      unsafe buffer.deallocate()
      size = needed
      unsafe buffer = .allocate(byteCount: size, alignment: 8)
    }
    unsafe words.withUnsafeBytes {
      unsafe UnsafeMutableRawBufferPointer(start: buffer, count: size)
        .copyMemory(from: $0)
    }
    unsafe unpacker.begin(at: buffer)
  }

  /// Reads the next state of the block.
  mutating func next() {
    symmetry = Symmetry(rawValue: unpacker.byte())
    unpacker.next()
  }
}
