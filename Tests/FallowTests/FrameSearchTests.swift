// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// Every order of takes and returns of the buddy allocator and two CPUs'
/// caches over a few frames, against a map of each frame's owner.
///
/// The explorer hands out any free frame, so it needs no allocator; this is
/// where the allocators are searched.
@Suite struct FrameSearchTests {
  @Test(arguments: [(4, 2), (5, 0)])
  func everySequenceAgreesWithTheMap(frames: Int, caches: Int) throws {
    var search = try FrameSearch(frames: frames, caches: caches)
    let fault = try search.run()
    search.free()
    print("\(frames) frames, \(caches) caches: \(search.known.count) states")
    #expect(fault == nil)
    #expect(search.refusals > 0 && search.known.count > 1_000)
  }
}

/// The owner of each frame.
private struct FrameMap: Hashable {
  /// Blocks that someone took: where they start, and their orders.
  var blocks: [Int: Int] = [:]

  func isUsed(_ frame: Int) -> Bool {
    blocks.contains { $0.key <= frame && frame < $0.key + 1 << $0.value }
  }
}

/// A breadth-first search that keeps each state in full: the memory of the
/// allocator, of the caches and of the descriptors.
@safe
private struct FrameSearch {
  enum Action {
    case allocate(order: Int)
    case free(Int)
    case take(cache: Int)
    case put(Int, cache: Int)
    case drain(cache: Int)
  }

  struct State: Hashable {
    var bytes: [UInt8]
    var map: FrameMap
  }

  let frames: Int
  let caches: Int
  let table: DescriptorTable
  let descriptors: UnsafeMutableRawBufferPointer
  let allocator: UnsafeMutablePointer<BuddyAllocator>
  let cache: UnsafeMutablePointer<FrameCache>
  var known: Set<State> = []
  var refusals = 0

  init(frames: Int, caches: Int) throws {
    self.frames = frames
    self.caches = caches
    let size = frames * DescriptorTable.descriptorSize
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: size, alignment: 8)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    unsafe descriptors = UnsafeMutableRawBufferPointer(
      start: memory, count: size)
    table = unsafe DescriptorTable(
      at: memory, firstFrame: FrameNumber(0), frameCount: frames)
    unsafe allocator = .allocate(capacity: 1)
    unsafe allocator.initialize(to: BuddyAllocator(over: table, zone: .first))
    try unsafe allocator.pointee.add(FrameNumber(0), count: frames)
    unsafe cache = .allocate(capacity: max(caches, 1))
    for index in 0..<caches {
      unsafe (cache + index).initialize(
        to: FrameCache(over: table, zone: .first, capacity: 2))
    }
  }

  func free() {
    unsafe descriptors.deallocate()
    unsafe allocator.deallocate()
    unsafe cache.deallocate()
  }

  private var parts: [UnsafeMutableRawBufferPointer] {
    unsafe [
      descriptors,
      UnsafeMutableRawBufferPointer(
        start: allocator, count: MemoryLayout<BuddyAllocator>.size),
      UnsafeMutableRawBufferPointer(
        start: cache, count: caches * MemoryLayout<FrameCache>.stride),
    ]
  }

  private func save(_ map: FrameMap) -> State {
    State(bytes: unsafe parts.flatMap { unsafe Array($0) }, map: map)
  }

  private func restore(_ state: State) {
    var start = 0
    for index in unsafe parts.indices {
      let part = unsafe parts[index]
      let end = start + part.count
      unsafe part.copyBytes(from: state.bytes[start..<end])
      start = end
    }
  }

  /// Searches; what went wrong, if anything did.
  mutating func run() throws -> String? {
    let first = save(FrameMap())
    known = [first]
    var frontier = [first]
    while let state = frontier.popLast() {
      for action in actions(in: state.map) {
        restore(state)
        var map = state.map
        if let fault = try perform(action, &map) ?? check(map) {
          return "\(state.map.blocks), \(action): \(fault)"
        }
        let next = save(map)
        if known.insert(next).inserted { frontier.append(next) }
      }
    }
    return nil
  }

  private func actions(in map: FrameMap) -> [Action] {
    var actions = (0...2).map { Action.allocate(order: $0) }
    actions += map.blocks.keys.sorted().map { .free($0) }
    for index in 0..<caches {
      actions += [.take(cache: index), .drain(cache: index)]
      for (start, order) in map.blocks where order == 0 {
        actions.append(.put(start, cache: index))
      }
    }
    return actions
  }

  private mutating func perform(
    _ action: Action, _ map: inout FrameMap
  ) throws -> String? {
    switch action {
    case .allocate(let order):
      let held = cached
      let block = unsafe allocator.pointee.allocate(order: order)
      if block != .none { return take(block, order, &map) }
      refusals += 1
      let size = 1 << order
      let hasRoom = stride(from: 0, to: frames - size + 1, by: size)
        .contains { start in
          (start..<(start + size)).allSatisfy {
            !map.isUsed($0) && !held.contains($0)
          }
        }
      return hasRoom ? "refused, though there is room" : nil
    case .free(let start):
      let order = map.blocks.removeValue(forKey: start) ?? 0
      try unsafe allocator.pointee.free(
        FrameNumber(UInt64(start)), order: order)
    case .take(let index):
      if unsafe cache[index].count == 0 {
        try unsafe cache[index].refill(from: &allocator.pointee)
      }
      let frame = unsafe cache[index].take()
      if frame != .none { return take(frame, 0, &map) }
      refusals += 1
      return unsafe allocator.pointee.freeFrames > 0
        ? "refused, though there is a frame" : nil
    case .put(let start, let index):
      map.blocks[start] = nil
      let frame = FrameNumber(UInt64(start))
      if try unsafe !cache[index].put(frame) {
        try unsafe cache[index].drain(into: &allocator.pointee)
        if try unsafe !cache[index].put(frame) { return "full after a drain" }
      }
    case .drain(let index):
      try unsafe cache[index].drain(into: &allocator.pointee, leaving: 0)
    }
    return nil
  }

  private func take(
    _ block: FrameNumber, _ order: Int, _ map: inout FrameMap
  ) -> String? {
    let start = Int(block.rawValue)
    let isFree = (start..<(start + 1 << order)).allSatisfy {
      $0 < frames && !map.isUsed($0) && !cached.contains($0)
    }
    guard isFree, start % (1 << order) == 0 else {
      return "block \(start) of order \(order)"
    }
    map.blocks[start] = order
    return nil
  }

  /// The frames that the caches hold.
  private var cached: Set<Int> {
    Set(
      (0..<frames).filter {
        table.typeWord(of: FrameNumber(UInt64($0))).kind == .cached
      })
  }

  /// Each frame is free, cached or taken, and the counts say so.
  private func check(_ map: FrameMap) -> String? {
    let used = map.blocks.values.reduce(0) { $0 + 1 << $1 }
    var held = 0
    for index in 0..<caches { unsafe held += cache[index].count }
    let free = unsafe allocator.pointee.freeFrames
    return free + held + used == frames && held == cached.count
      ? nil : "\(free) free, \(held) cached, \(used) used"
  }
}
