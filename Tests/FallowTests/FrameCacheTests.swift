// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// Caches of two CPUs in front of one buddy allocator.
@Suite struct FrameCacheTests {
  /// Against a set of frames: none is handed out twice, none is lost, and all
  /// is one piece at the end.
  @Test(arguments: [21, 22, 23] as [UInt64])
  func agreesWithASetOfFrames(seed: UInt64) throws {
    let frames = 256
    try BuddyAllocatorTests.withAllocator(frames: frames) { allocator, table in
      var random = SeededGenerator(seed: seed)
      var here = FrameCache(over: table, zone: .first, capacity: 16)
      var there = FrameCache(over: table, zone: .first, capacity: 9)
      var used: [FrameNumber] = []
      var blocks: [FrameNumber] = []
      func take(from cache: inout FrameCache) throws {
        var frame = cache.take()
        if frame == .none {
          try cache.refill(from: &allocator)
          frame = cache.take()
        }
        guard frame != .none else { return }
        if used.contains(frame) { Issue.record("seed \(seed): \(frame) twice") }
        used.append(frame)
      }
      func put(_ frame: FrameNumber, into cache: inout FrameCache) throws {
        if try cache.put(frame) { return }
        try cache.drain(into: &allocator)
        if try !cache.put(frame) { Issue.record("seed \(seed): still full") }
      }
      for operation in 0..<6000 {
        let isFilling = random.below(10) < (operation % 2000 < 1000 ? 6 : 4)
        switch (isFilling, random.below(8)) {
        case (true, 0):
          // Larger blocks pass the caches by.
          let block = allocator.allocate(order: 2)
          if block == .none { continue }
          let inside = block.rawValue..<block.rawValue + 4
          if used.contains(where: { inside.contains($0.rawValue) }) {
            Issue.record("seed \(seed): block \(block) is in use")
          }
          blocks.append(block)
        case (true, 1...4): try take(from: &here)
        case (true, _): try take(from: &there)
        case (false, 0):
          if let block = blocks.popLast() {
            try allocator.free(block, order: 2)
          }
        case (false, let turn):
          if used.isEmpty { continue }
          let frame = used.remove(at: random.below(used.count))
          if turn < 5 {
            try put(frame, into: &here)
          } else {
            try put(frame, into: &there)
          }
        }
        let known =
          allocator.freeFrames + here.count + there.count + used.count
          + 4 * blocks.count
        if known != frames || here.count > 16 || there.count > 9 {
          Issue.record("seed \(seed): \(known) of \(frames) frames")
          return
        }
      }
      for frame in used { try put(frame, into: &here) }
      for block in blocks { try allocator.free(block, order: 2) }
      try here.drain(into: &allocator, leaving: 0)
      try there.drain(into: &allocator, leaving: 0)
      #expect(allocator.freeFrames == frames)
      let all = allocator.allocate(order: 8)
      #expect(all != .none)
    }
  }

  /// As many calls either way do not need the allocator.
  @Test func halfOfItIsRoom() throws {
    try BuddyAllocatorTests.withAllocator(frames: 64) { allocator, table in
      var cache = FrameCache(over: table, zone: .first, capacity: 16)
      let none = cache.take()
      #expect(none == .none)
      try cache.refill(from: &allocator)
      let refilled = cache.count
      #expect(refilled == 8)
      let last = cache.take()
      var fits = try cache.put(last)
      // What went last comes first: it is warm.
      let again = cache.take()
      fits = try cache.put(again) && fits
      for _ in 0..<8 {
        fits = try cache.put(allocator.allocate(order: 0)) && fits
      }
      #expect(fits && again == last)
      let frame = allocator.allocate(order: 0)
      let fitsNoMore = try cache.put(frame)
      try cache.drain(into: &allocator)
      let drained = cache.count
      let fitsAgain = try cache.put(frame)
      #expect(!fitsNoMore && drained == 8 && fitsAgain)
    }
  }

  /// What was cleared entry by entry is not zeroed again; what went whole is.
  @Test(arguments: [1, 512])
  func aTableThatWasEmptiedIsNotZeroedAgain(pages: UInt64) throws {
    try HostedMachine.run { machine in
      machine.usesCache = true
      let space = try machine.makeSpace()
      var fills = 0
      func map() {
        fills = 0
        machine.hook = { access in if access == .fill { fills += 1 } }
        let outcome = space.map(
          range(kernelAddress(gib: 1), pages * pageSize),
          to: PhysicalAddress(pageSize), attributes: .kernelData)
        machine.hook = nil
        #expect(outcome == nil)
      }
      map()
      // The table above, the leaves, and what is beside them.
      #expect(fills == (pages == 1 ? 3 : 2))
      let first = fills
      _ = space.unmap(range(kernelAddress(gib: 1), pages * pageSize))
      machine.runWorker(space.scheme)
      map()
      // Of two tables that went, the one of 512 pages was covered whole.
      #expect(machine.zeroesForTables == (pages == 1 ? 2 : 1))
      #expect(fills == first - (pages == 1 ? 2 : 1))
    }
  }

  @Test func zeroesAreKeptForThoseWhoAsk() throws {
    try HostedMachine.run { machine in
      let table = machine.directMap.descriptors
      var cache = FrameCache(over: table, zone: .first, capacity: 4)
      let frames = (0..<3).map { _ in machine.allocate(order: 0) }
      for frame in frames {
        unsafe machine.directMap.pointer(to: frame.address).storeBytes(
          of: 0xa5, as: UInt8.self)
      }
      let kernel = machine.kernel
      let made = ConstructedTable<HostedKernel, KernelHalf>.make(
        on: kernel, level: 1, entries: 512)
      guard let made else { throw OutOfFrames() }
      // As a table that came to its end with no entry left.
      let empty = made.take().frame
      kernel.move(empty, from: .constructed, to: .released)
      kernel.store(DescriptorField.endOfTable, to: .entryCount, of: empty)
      var fits = try cache.put(frames[0])
      fits = try cache.put(empty) && fits
      fits = try cache.put(frames[1]) && fits
      let count = cache.count
      #expect(fits && count == 3)
      let any = cache.take()
      #expect(any == frames[1])
      let zero = cache.take(zeroedIn: machine.directMap)
      #expect(zero == empty)
      #expect(!kernel.typeWord(of: zero).isZeroForTable)
      let zeroed = cache.take(zeroedIn: machine.directMap)
      #expect(zeroed == frames[0] && machine.isZero(zeroed))
      let none = cache.take(zeroedIn: machine.directMap)
      #expect(none == .none)
      // Its owner may have written into it.
      fits = try cache.put(zero)
      let again = cache.takeForTable()
      #expect(again == zero && !kernel.typeWord(of: again).isZeroForTable)
    }
  }

  @Test func aCleanFrameIsZero() {
    HostedMachine.run(frames: 16) { machine in
      let block = machine.kernel.allocate(order: 1)
      let size = Int(FrameNumber.size)
      let bytes = unsafe UnsafeMutableRawBufferPointer(
        start: machine.directMap.pointer(to: block.address), count: 3 * size)
      for index in 0..<3 * size { unsafe bytes[index] = 0xa5 }
      machine.directMap.zero(block, order: 1)
      #expect(unsafe bytes[..<(2 * size)].allSatisfy { $0 == 0 })
      #expect(unsafe bytes[(2 * size)...].allSatisfy { $0 == 0xa5 })
    }
  }
}
