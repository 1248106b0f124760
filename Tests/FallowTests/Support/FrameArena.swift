// SPDX-License-Identifier: Apache-2.0

@testable import Fallow

/// Descriptors without memory behind them, two allocators and a cache over
/// them.
///
/// `state` is all that can change of it.
@safe
struct FrameArena: ~Copyable {
  struct State: Equatable {
    var descriptors: [UInt8]
    var free: [Int]
    var cached: Int
  }

  let table: DescriptorTable
  let memory: UnsafeMutableRawBufferPointer
  var allocators: FrameAllocators
  var cache: FrameCache

  /// The allocators have zones 1 and 2; the cache is in front of the first.
  ///
  /// Unless `adding` says so, the first has all frames.
  static func run(
    first: UInt64 = 0, frames: Int,
    adding ranges: [(zone: Int, first: UInt64, count: Int)]? = nil,
    _ body: (inout FrameArena) throws -> Void
  ) rethrows {
    var arena = FrameArena(first: first, frames: frames)
    defer { unsafe arena.memory.deallocate() }
    for range in ranges ?? [(zone: 0, first: first, count: frames)] {
      do {
        try arena.allocators[range.zone].add(
          FrameNumber(range.first), count: range.count)
      } catch {
        fatalError("\(error)")
      }
    }
    try body(&arena)
  }

  private init(first: UInt64, frames: Int) {
    let size = frames * DescriptorTable.descriptorSize
    unsafe memory = .allocate(byteCount: size, alignment: 8)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
    guard let base = unsafe memory.baseAddress else { fatalError("no frames") }
    table = unsafe DescriptorTable(
      at: base, firstFrame: FrameNumber(first), frameCount: frames)
    allocators = FrameAllocators(over: table)
    cache = FrameCache(over: table, zone: .first, capacity: 4)
  }

  var state: State {
    State(
      descriptors: unsafe Array(memory),
      free: [allocators[0].freeFrames, allocators[1].freeFrames],
      cached: cache.count)
  }
}

/// Two allocators of one table, by number: an array holds no such values.
struct FrameAllocators: ~Copyable {
  private var first: BuddyAllocator
  private var second: BuddyAllocator

  init(over table: DescriptorTable) {
    guard let zone = FrameZone(2) else { fatalError("no second zone") }
    first = BuddyAllocator(over: table, zone: .first)
    second = BuddyAllocator(over: table, zone: zone)
  }

  subscript(index: Int) -> BuddyAllocator {
    _read {
      if index == 0 { yield first } else { yield second }
    }
    _modify {
      if index == 0 { yield &first } else { yield &second }
    }
  }
}
