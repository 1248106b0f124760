// SPDX-License-Identifier: Apache-2.0

/// The memory of a program, which every actor reads and writes.
///
/// Each access is shared unless the state shows that no other actor can come
/// to the place, or the locks held at all accesses to it keep others away.
extension SteppingMachine {
  /// Reads bytes of a word.
  @inline(__always)
  package func load(
    _ place: MemoryPlace, _ part: WordPart
  ) throws(Stop) -> UInt64 {
    try access(.load, place, part) { $0 }
  }

  /// Writes bytes of a word: a plain store, which waits where stores wait.
  @inline(__always)
  package func store(
    _ value: UInt64, to place: MemoryPlace, _ part: WordPart
  ) throws(Stop) {
    _ = try access(.store, place, part) { _ in part.truncated(value) }
  }

  /// Changes bytes of a word in one access, which is a full fence.
  ///
  /// - Returns: What they held before.
  @inline(__always)
  package func update(
    _ place: MemoryPlace, _ part: WordPart, _ update: MemoryUpdate,
    _ operand: UInt64, expected: UInt64
  ) throws(Stop) -> UInt64 {
    try access(.update, place, part) {
      part.truncated(
        update.result(
          of: $0, operand: operand, expected: part.truncated(expected)))
    }
  }

  @inline(__always)
  private func access(
    _ kind: MemoryAccess, _ place: MemoryPlace, _ part: WordPart,
    _ change: (UInt64) -> UInt64
  ) throws(Stop) -> UInt64 {
    let access = kind.access(inDescriptor: place.frame >= 0)
    let (target, detail) = place.logged(part)
    if let old = try core.answer(access, target, detail) { return old }
    let cell = try core.cell(of: place)
    let isShared = core.decideOwnership(core.isShared(place))
    let mover = isShared ? core.guardedMover(kind, place) : nil
    try core.beginNew(access, target, detail, isShared: isShared, mover: mover)
    if isShared { core.noteLooked(at: place, part, cell: cell) }
    try core.checkFrame(of: place)
    var old = part.value(in: core.cells[cell])
    if core.buffersStores, isShared, kind != .update {
      old = core.seen(place, part)
      if kind == .store {
        try core.put(place.buffered(part, value: change(old)))
      }
    } else if kind != .load {
      core.cells[cell] = part.replacing(in: core.cells[cell], with: change(old))
    }
    return try core.end(access, target, detail, kind == .store ? 0 : old)
  }

  /// A word of memory as it is, without an access.
  ///
  /// - Precondition: It gives the program only what it already knows.
  package func peek(_ word: Int) -> UInt64 {
    core.cells[core.layout.program + word]
  }

  /// Gives a word of the actor's own stack the value that it has there, before
  /// any other can come to it.
  package func share(_ word: Int, as value: UInt64) {
    core.cells[core.layout.program + word] = value
  }

  /// Sets a word of memory before anything runs.
  package func initialize(_ word: Int, to value: UInt64) {
    precondition(core.runsThrough, "memory is set before anything runs")
    core.cells[core.layout.program + word] = value
  }
}

/// The ways to use memory.
enum MemoryAccess {
  case load, store, update

  @inline(__always)
  func access(inDescriptor: Bool) -> Access {
    switch self {
    case .load: inDescriptor ? .loadOwnField : .loadMemory
    case .store: inDescriptor ? .storeOwnField : .storeMemory
    case .update: inDescriptor ? .updateOwnField : .updateMemory
    }
  }
}

extension MemoryPlace {
  /// The target and the detail of an access.
  @inline(__always)
  func logged(_ part: WordPart) -> (target: Int, detail: Int) {
    frame < 0 ? (word, part.code) : (frame, word | part.code &<< 8)
  }

  /// The place and the part of an access that was logged.
  init(_ access: Access, target: Int, detail: Int) {
    self =
      access.targetsFrame
      ? MemoryPlace(frame: target, word: detail & 0xff)
      : MemoryPlace(word: target)
  }

  func buffered(_ part: WordPart, value: UInt64) -> BufferedStore {
    let (target, detail) = logged(part)
    return BufferedStore(
      frame < 0 ? .memory : .ownField, target, detail, value: value)
  }
}

extension Core {
  /// Where a word is kept; ends the search if there is no such word.
  @inline(__always)
  mutating func cell(of place: MemoryPlace) throws(Stop) -> Int {
    if place.frame < 0 {
      guard place.word >= 0, place.word < layout.memory.words else {
        throw fail(.outOfBounds)
      }
      return layout.program &+ place.word
    }
    guard place.frame < layout.frames, place.word >= 0,
      place.word < layout.programFieldCount
    else { throw fail(.outOfBounds) }
    return layout.programFields
      &+ place.frame &* layout.programFieldCount &+ place.word
  }

  /// Ends the search at the descriptor of a frame that is free.
  @inline(__always)
  mutating func checkFrame(of place: MemoryPlace) throws(Stop) {
    guard place.frame >= 0 else { return }
    noteUnnamed(place.frame)
    if isFree(place.frame) { throw fail(.accessToFree, at: place.frame) }
  }

  func clearOwnFields(of frame: Int) {
    let count = layout.programFieldCount
    for index in 0..<count {
      cells[layout.programFields + frame * count + index] = 0
    }
  }

  // MARK: Store buffers

  /// The bytes that the actor's CPU sees: those in memory, with what waits in
  /// its buffer.
  func seen(_ place: MemoryPlace, _ part: WordPart) -> UInt64 {
    var word = cells[cellOfKnown(place)]
    let first = layout.buffer(of: cpu(of: actor))
    for index in stride(
      from: first, to: first + layout.bufferWords, by: Layout.bufferedWords)
    {
      let store = BufferedStore(in: cells, at: index)
      guard let (other, bytes) = store.memoryPlace, other == place else {
        continue
      }
      word = bytes.replacing(in: word, with: store.value)
    }
    return part.value(in: word)
  }

  /// Lets a store to a program's memory be seen.
  mutating func drainToMemory(_ store: BufferedStore) throws(Stop) {
    guard let (place, part) = store.memoryPlace else { return }
    if place.frame >= 0, isFree(place.frame) {
      throw fail(.accessToFree, at: place.frame)
    }
    let cell = cellOfKnown(place)
    cells[cell] = part.replacing(in: cells[cell], with: store.value)
  }

  private func cellOfKnown(_ place: MemoryPlace) -> Int {
    place.frame < 0
      ? layout.program + place.word
      : layout.programFields + place.frame * layout.programFieldCount
        + place.word
  }
}

extension BufferedStore {
  /// The bytes that a store to a program's memory goes to.
  var memoryPlace: (MemoryPlace, WordPart)? {
    switch kind {
    case .memory: (MemoryPlace(word: target), WordPart(code: index))
    case .ownField:
      (
        MemoryPlace(frame: target, word: index & 0xff),
        WordPart(code: index >> 8)
      )
    default: nil
    }
  }
}
