// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Keeps events in memory, or in a file and a few blocks of it in memory.
final class EventStore: Sendable {
  /// An event, and the place of the table that it frees.
  struct Entry: BitwiseCopyable {
    var event: TraceEvent
    var place: Place?
  }

  /// How many events are in a block.
  static let blockLength = 1 << 10
  /// How many blocks of the file are in memory.
  private static let cachedBlocks = 8

  /// How many events there are.
  let count: Int
  /// All of them, if there is no file.
  private let entries: [Entry]
  private let file: EventFile?

  private struct Block {
    var number = -1
    var entries: [Entry] = []
  }

  private struct Cache {
    var blocks = [Block](repeating: Block(), count: EventStore.cachedBlocks)
    var next = 0
  }

  private let cache = Mutex(Cache())

  /// Keeps `entries`, all of them in memory.
  init(_ entries: [Entry]) {
    self.entries = entries
    count = entries.count
    file = nil
  }

  /// Keeps the first `count` entries of `file`.
  init(_ file: EventFile, count: Int) {
    entries = []
    self.count = count
    self.file = file
  }

  /// The entry at `index`.
  ///
  /// - Precondition: There is one.
  func entry(at index: Int) -> Entry {
    guard let file else { return entries[index] }
    precondition((0..<count).contains(index), "there is no such event")
    let number = index / Self.blockLength
    return cache.withLock { cache in
      let place = index % Self.blockLength
      if let block = cache.blocks.first(where: { $0.number == number }) {
        return block.entries[place]
      }
      let first = number * Self.blockLength
      let block = Block(
        number: number,
        entries: file.read(
          min(Self.blockLength, count - first), from: first))
      cache.blocks[cache.next] = block
      cache.next = (cache.next + 1) % Self.cachedBlocks
      return block.entries[place]
    }
  }
}

/// Takes the entries of an ``EventStore``, one after the other.
struct EventSpool {
  /// Up to so many events stay in memory.
  static let limit = 1 << 16

  private var entries: [EventStore.Entry] = []
  private var file: EventFile?
  private var written = 0
  private let limit: Int
  /// Why entries could not be written; nil if they could.
  private var failure: TraceError?

  /// A spool that keeps up to `limit` entries in memory.
  init(limit: Int = EventSpool.limit) {
    self.limit = limit
  }

  /// How many entries there are.
  var count: Int { written + entries.count }

  /// Takes the next entry.
  mutating func append(_ event: TraceEvent, at place: Place?) {
    entries.append(EventStore.Entry(event: event, place: place))
    if entries.count > limit { spill() }
  }

  /// The store of everything taken.
  ///
  /// - Throws: ``TraceError/cannotRead(path:reason:)`` if the file has no room.
  consuming func store() throws(TraceError) -> EventStore {
    if file != nil { spill() }
    if let failure { throw failure }
    guard let file else { return EventStore(entries) }
    return EventStore(file, count: written)
  }

  private mutating func spill() {
    defer { entries.removeAll(keepingCapacity: true) }
    if failure != nil { return }
    do throws(TraceError) {
      let file = self.file ?? EventFile()
      try file.write(entries, from: written)
      self.file = file
      written += entries.count
    } catch {
      failure = error
    }
  }
}
