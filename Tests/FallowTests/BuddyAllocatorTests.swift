// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

@Suite struct BuddyAllocatorTests {
  /// Descriptors without memory behind them, and an allocator over them.
  static func withAllocator(
    frames: Int, first: UInt64 = 0,
    _ body: (inout BuddyAllocator, DescriptorTable) throws -> Void
  ) rethrows {
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: frames * DescriptorTable.descriptorSize, alignment: 8)
    defer { unsafe memory.deallocate() }
    unsafe memory.initializeMemory(
      as: UInt8.self, repeating: 0,
      count: frames * DescriptorTable.descriptorSize)
    let table = unsafe DescriptorTable(
      at: memory, firstFrame: FrameNumber(first), frameCount: frames)
    var allocator = BuddyAllocator(over: table, zone: .first)
    do {
      try allocator.add(FrameNumber(first), count: frames)
    } catch {
      fatalError("\(error)")
    }
    try body(&allocator, table)
  }

  /// Against a bitmap: blocks are aligned and disjoint, an order is refused
  /// only if no block of it is free, and all is one piece at the end.
  @Test(arguments: [11, 12, 13] as [UInt64])
  func agreesWithABitmap(seed: UInt64) throws {
    let frames = 4096 + 37
    try Self.withAllocator(frames: frames) { allocator, _ in
      var random = SeededGenerator(seed: seed)
      var isUsed = [Bool](repeating: false, count: frames)
      var used = 0
      var blocks: [(start: Int, order: Int)] = []
      for operation in 0..<3000 {
        // First it fills up, then it empties.
        if random.below(10) < (operation < 1500 ? 6 : 4) {
          let order = min(random.below(11), random.below(11))
          let block = allocator.allocate(order: order)
          let size = 1 << order
          if block == .none {
            let hasRoom = stride(from: 0, to: frames - size + 1, by: size)
              .contains { start in
                !isUsed[start..<(start + size)].contains(true)
              }
            if hasRoom { Issue.record("seed \(seed): order \(order) refused") }
            continue
          }
          let start = Int(block.rawValue)
          if start % size != 0 || isUsed[start..<(start + size)].contains(true)
          {
            Issue.record("seed \(seed): block \(start) of order \(order)")
            return
          }
          for frame in start..<(start + size) { isUsed[frame] = true }
          used += size
          blocks.append((start, order))
        } else if !blocks.isEmpty {
          let (start, order) = blocks.remove(at: random.below(blocks.count))
          for frame in start..<(start + 1 << order) { isUsed[frame] = false }
          used -= 1 << order
          try allocator.free(FrameNumber(UInt64(start)), order: order)
        }
        if allocator.freeFrames != frames - used {
          Issue.record("seed \(seed): free frames are miscounted")
          return
        }
      }
      for (start, order) in blocks {
        try allocator.free(FrameNumber(UInt64(start)), order: order)
      }
      #expect(allocator.freeFrames == frames)
      for _ in 0..<4 { #expect(allocator.allocate(order: 10) != .none) }
      #expect(allocator.allocate(order: 6) == .none)
      #expect(allocator.allocate(order: 5) == FrameNumber(4096))
    }
  }

  @Test(arguments: 0...10)
  func everyOrderComesBackToOnePiece(order: Int) throws {
    try Self.withAllocator(frames: 1024, first: 2048) { allocator, _ in
      let size = 1 << order
      var blocks: [FrameNumber] = []
      while true {
        let block = allocator.allocate(order: order)
        if block == .none { break }
        blocks.append(block)
      }
      #expect(blocks.count == 1024 / size)
      #expect(allocator.freeFrames == 0)
      #expect(Set(blocks.map(\.rawValue)).count == blocks.count)
      #expect(blocks.allSatisfy { $0.rawValue % UInt64(size) == 0 })
      for block in blocks { try allocator.free(block, order: order) }
      #expect(allocator.allocate(order: 10) == FrameNumber(2048))
    }
  }

  @Test func aBuddyOfAnotherOrderIsLeftAlone() throws {
    try Self.withAllocator(frames: 4) { allocator, _ in
      let pair = allocator.allocate(order: 1)
      #expect(pair == FrameNumber(0))
      for _ in 0..<2 { _ = allocator.allocate(order: 0) }
      try allocator.free(FrameNumber(2), order: 0)
      try allocator.free(FrameNumber(0), order: 1)
      // Frame 3 is still in use.
      #expect(allocator.allocate(order: 2) == .none)
      try allocator.free(FrameNumber(3), order: 0)
      #expect(allocator.allocate(order: 2) == FrameNumber(0))
    }
  }

  /// Frames that were allocated one by one come back as runs of any length.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func runsMergeLikeTheirFrames(seed: UInt64) throws {
    let frames = 4096
    try Self.withAllocator(frames: frames) { allocator, _ in
      var random = SeededGenerator(seed: seed)
      for _ in 0..<frames { _ = allocator.allocate(order: 0) }
      var runs: [(first: Int, count: Int)] = []
      var next = 0
      while next < frames {
        let count = min(1 + random.below(100), frames - next)
        runs.append((next, count))
        next += count
      }
      runs.shuffle(using: &random)
      var free = 0
      for (first, count) in runs {
        try allocator.free(FrameNumber(UInt64(first)), count: count)
        free += count
        #expect(allocator.freeFrames == free, "seed \(seed)")
      }
      for _ in 0..<4 {
        #expect(allocator.allocate(order: 10) != .none, "seed \(seed)")
      }
    }
  }
}
