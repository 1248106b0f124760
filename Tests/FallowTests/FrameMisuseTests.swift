// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// Frames that an allocator or a cache must not take back: each kind is refused
/// by its name, at its frame, and changes nothing.
@Suite struct FrameMisuseTests {
  /// Runs `body`, which must be refused, and compares everything before and
  /// after.
  static func expect(
    _ fault: LifecycleFault, at frame: UInt64, from arena: inout FrameArena,
    _ body: (inout FrameArena) throws -> Void,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let before = arena.state
    #expect(
      throws: FrameError(fault, at: FrameNumber(frame)),
      sourceLocation: sourceLocation
    ) { try body(&arena) }
    #expect(arena.state == before, sourceLocation: sourceLocation)
  }

  /// Every frame of a block of every order, when the block is free again.
  @Test(arguments: 0...10)
  func aDoubleFreeIsFoundWhereverItIs(order: Int) throws {
    try FrameArena.run(frames: 2048) { arena in
      let block = arena.allocators[0].allocate(order: order)
      try arena.allocators[0].free(block, order: order)
      for offset in 0..<UInt64(1) << UInt64(order) {
        let frame = block.rawValue + offset
        Self.expect(.alreadyFree, at: frame, from: &arena) { arena in
          try arena.allocators[0].free(FrameNumber(frame), order: 0)
        }
      }
      Self.expect(.alreadyFree, at: block.rawValue, from: &arena) { arena in
        try arena.allocators[0].free(block, order: order)
      }
      Self.expect(.alreadyFree, at: block.rawValue, from: &arena) { arena in
        try arena.allocators[0].free(block, count: 1 << order)
      }
    }
  }

  /// Its buddy came back in between, so that both are one larger block.
  @Test func aDoubleFreeOfAMergedBlockIsFound() throws {
    try FrameArena.run(frames: 8) { arena in
      let frames = (0..<8).map { _ in arena.allocators[0].allocate(order: 0) }
      for frame in frames { try arena.allocators[0].free(frame, order: 0) }
      for frame in frames {
        Self.expect(.alreadyFree, at: frame.rawValue, from: &arena) { arena in
          try arena.allocators[0].free(frame, order: 0)
        }
      }
    }
  }

  @Test(arguments: 0...10)
  func everyOrderButItsOwnIsRefused(order: Int) {
    FrameArena.run(frames: 1024) { arena in
      let block = arena.allocators[0].allocate(order: order)
      for other in [Int.min, -1, 11, 15, 16, 64, 112, .max] + (0...10)
      where other != order {
        Self.expect(.wrongOrder, at: block.rawValue, from: &arena) { arena in
          try arena.allocators[0].free(block, order: other)
        }
      }
    }
  }

  @Test(arguments: 1...10)
  func aFrameInsideOfATakenBlockIsRefused(order: Int) {
    FrameArena.run(frames: 1024) { arena in
      let block = arena.allocators[0].allocate(order: order)
      for offset in 1..<UInt64(1) << UInt64(order) {
        let frame = block.rawValue + offset
        for order in [0, 1, order] {
          Self.expect(.insideBlock, at: frame, from: &arena) { arena in
            try arena.allocators[0].free(FrameNumber(frame), order: order)
          }
        }
      }
    }
  }

  @Test func aRunMustConsistOfWholeTakenBlocks() {
    FrameArena.run(frames: 16) { arena in
      for order in [2, 0, 0, 1, 0] {
        _ = arena.allocators[0].allocate(order: order)
      }
      // Taken: 0...3, 4, 5, 6...7 and 8; free: 9, 10...11 and 12...15.
      let cases: [(first: UInt64, count: Int, LifecycleFault, at: UInt64)] = [
        (0, 3, .wrongOrder, 0), (1, 4, .insideBlock, 1),
        (4, 3, .wrongOrder, 6), (4, 8, .alreadyFree, 9),
        (8, 4, .alreadyFree, 9), (10, 2, .alreadyFree, 10),
        (11, 1, .alreadyFree, 11), (0, -1, .outOfRange, 0),
        (0, .min, .outOfRange, 0), (0, .max, .outOfRange, 0),
        (0, 17, .outOfRange, 0), (16, 2, .outOfRange, 16),
        (.max, 2, .outOfRange, .max), (1 << 52, 3, .outOfRange, 1 << 52),
      ]
      for (first, count, fault, at) in cases {
        Self.expect(fault, at: at, from: &arena) { arena in
          try arena.allocators[0].free(FrameNumber(first), count: count)
        }
      }
    }
  }

  @Test func whatTheDescriptorsDoNotHoldIsRefused() {
    FrameArena.run(first: 100, frames: 16) { arena in
      for frame: UInt64 in [0, 99, 116, 1 << 40, 1 << 63, .max] {
        for order in [0, 4, 10] {
          Self.expect(.outOfRange, at: frame, from: &arena) { arena in
            try arena.allocators[0].free(FrameNumber(frame), order: order)
          }
        }
        Self.expect(.outOfRange, at: frame, from: &arena) { arena in
          _ = try arena.cache.put(FrameNumber(frame))
        }
        Self.expect(.outOfRange, at: frame, from: &arena) { arena in
          try arena.allocators[0].add(FrameNumber(frame), count: 1)
        }
      }
    }
  }

  /// Frames 4...5 are reserved, and never given to an allocator.
  @Test func aReservedFrameIsRefused() throws {
    try FrameArena.run(frames: 8, adding: []) { arena in
      try arena.allocators[0].add(FrameNumber(0), count: 4)
      try arena.allocators[0].add(FrameNumber(6), count: 2)
      for (frame, order): (UInt64, Int) in [(4, 0), (4, 1), (5, 0)] {
        Self.expect(.notManaged, at: frame, from: &arena) { arena in
          try arena.allocators[0].free(FrameNumber(frame), order: order)
        }
      }
      Self.expect(.notManaged, at: 4, from: &arena) { arena in
        _ = try arena.cache.put(FrameNumber(4))
      }
      for _ in 0..<4 { _ = arena.allocators[0].allocate(order: 0) }
      Self.expect(.notManaged, at: 4, from: &arena) { arena in
        try arena.allocators[0].free(FrameNumber(4), count: 2)
      }
    }
  }

  /// In every state but its end, in either half.
  @Test(arguments: [
    TableState.constructed, .linked, .unlinked, .quarantined, .parked,
  ])
  func aTableInUseIsRefused(state: TableState) {
    FrameArena.run(frames: 4) { arena in
      let frame = arena.allocators[0].allocate(order: 0)
      for isKernel in [false, true] {
        var word = TypeWord.table(of: UserHalf.self, level: 2, order: 0)
          .inZone(of: arena.table.typeWord(of: frame))
        word[.kernelMark] = isKernel
        word.state = state
        arena.table.setTypeWord(word, of: frame)
        Self.expect(.tableInUse, at: 0, from: &arena) { arena in
          try arena.allocators[0].free(frame, order: 0)
        }
        Self.expect(.tableInUse, at: 0, from: &arena) { arena in
          _ = try arena.cache.put(frame)
        }
        Self.expect(.tableInUse, at: 0, from: &arena) { arena in
          try arena.allocators[0].free(frame, count: 2)
        }
      }
    }
  }

  @Test func aFrameInACacheIsFree() throws {
    try FrameArena.run(frames: 8) { arena in
      let frame = arena.allocators[0].allocate(order: 0)
      let fits = try arena.cache.put(frame)
      #expect(fits)
      Self.expect(.alreadyFree, at: 0, from: &arena) { arena in
        _ = try arena.cache.put(frame)
      }
      Self.expect(.alreadyFree, at: 0, from: &arena) { arena in
        try arena.allocators[0].free(frame, order: 0)
      }
      Self.expect(.alreadyFree, at: 0, from: &arena) { arena in
        try arena.allocators[0].free(frame, count: 2)
      }
    }
  }

  @Test func aCacheTakesSingleFramesOnly() {
    FrameArena.run(frames: 8) { arena in
      let block = arena.allocators[0].allocate(order: 1)
      Self.expect(.wrongOrder, at: 0, from: &arena) { arena in
        _ = try arena.cache.put(block)
      }
      Self.expect(.insideBlock, at: 1, from: &arena) { arena in
        _ = try arena.cache.put(block.next)
      }
    }
  }

  /// A full cache refuses what it must not take, and does not ask for room.
  @Test func aFullCacheStillChecks() throws {
    try FrameArena.run(frames: 16) { arena in
      var last = FrameNumber.none
      for _ in 0..<arena.cache.capacity {
        last = arena.allocators[0].allocate(order: 0)
        _ = try arena.cache.put(last)
      }
      let again = last
      Self.expect(.alreadyFree, at: again.rawValue, from: &arena) { arena in
        _ = try arena.cache.put(again)
      }
    }
  }

  /// Frames 0...7 are one zone's, 8...15 another's.
  @Test func anotherZonesFrameIsRefused() throws {
    FrameArena.run(
      frames: 16, adding: [(zone: 0, 0, 8), (zone: 1, 8, 8)]
    ) { arena in
      let frame = arena.allocators[1].allocate(order: 0)
      let block = arena.allocators[1].allocate(order: 2)
      for (frame, order) in [(frame, 0), (block, 2)] {
        Self.expect(.wrongZone, at: frame.rawValue, from: &arena) { arena in
          try arena.allocators[0].free(frame, order: order)
        }
      }
      Self.expect(.wrongZone, at: frame.rawValue, from: &arena) { arena in
        _ = try arena.cache.put(frame)
      }
      for call in 0..<3 {
        Self.expect(.wrongZone, at: UInt64.max, from: &arena) { arena in
          switch call {
          case 0: try arena.cache.refill(from: &arena.allocators[1])
          case 1: try arena.cache.drain(into: &arena.allocators[1])
          default:
            try arena.cache.drain(into: &arena.allocators[1], leaving: 0)
          }
        }
      }
    }
  }

  /// Two zones whose blocks are buddies: each stays with its own.
  @Test func zonesAreNotMerged() throws {
    try FrameArena.run(
      frames: 16, adding: [(zone: 0, 0, 8), (zone: 1, 8, 8)]
    ) { arena in
      for zone in 0..<2 {
        let largest = arena.allocators[zone].allocate(order: 4)
        #expect(largest == .none)
        let block = arena.allocators[zone].allocate(order: 3)
        #expect(block == FrameNumber(zone == 0 ? 0 : 8))
        let more = arena.allocators[zone].allocate(order: 0)
        #expect(more == .none)
        try arena.allocators[zone].free(block, order: 3)
        #expect(arena.allocators[zone].freeFrames == 8)
      }
    }
  }

  @Test func memoryIsAddedOnce() throws {
    FrameArena.run(frames: 8, adding: [(zone: 0, 0, 4)]) { arena in
      let cases: [(zone: Int, UInt64, Int, LifecycleFault, UInt64)] = [
        (0, 0, 4, .managedTwice, 0), (0, 3, 2, .managedTwice, 3),
        (1, 2, 4, .managedTwice, 2), (1, 4, 5, .outOfRange, 4),
        (1, 4, -1, .outOfRange, 4),
      ]
      for (zone, first, count, fault, at) in cases {
        Self.expect(fault, at: at, from: &arena) { arena in
          try arena.allocators[zone].add(FrameNumber(first), count: count)
        }
      }
      let taken = arena.allocators[0].allocate(order: 0)
      Self.expect(.managedTwice, at: 0, from: &arena) { arena in
        try arena.allocators[1].add(taken, count: 1)
      }
      arena.table.setTypeWord(
        .table(of: KernelHalf.self, level: 1, order: 0), of: FrameNumber(5))
      Self.expect(.tableInUse, at: 5, from: &arena) { arena in
        try arena.allocators[1].add(FrameNumber(4), count: 4)
      }
    }
  }

  @Test(arguments: [Int.min, -1, 11, 64, .max])
  func thereIsNoBlockOfAnOrderThatDoesNotExist(order: Int) {
    FrameArena.run(frames: 2048) { arena in
      let before = arena.state
      let block = arena.allocators[0].allocate(order: order)
      #expect(block == .none)
      #expect(arena.state == before)
    }
  }

  @Test func zonesHaveNumbersFrom1To63() {
    #expect(FrameZone(1) == .first && FrameZone(63)?.number == 63)
    for number in [Int.min, -1, 0, 64, 257, .max] {
      #expect(FrameZone(number) == nil)
    }
  }

  @Test func aCacheHasRoomForTwo() throws {
    try FrameArena.run(frames: 8) { arena in
      var cache = FrameCache(over: arena.table, zone: .first, capacity: -3)
      #expect(cache.capacity == 2)
      try cache.refill(from: &arena.allocators[0])
      #expect(cache.count == 1)
      try cache.drain(into: &arena.allocators[0], leaving: -1)
      #expect(cache.count == 0)
      #expect(arena.allocators[0].freeFrames == 8)
    }
  }

  /// A linked table stays one, no matter which call gives it back.
  @Test func aLinkedTableOfASpaceIsRefused() throws {
    try HostedMachine.run { machine in
      let space = try machine.makeSpace()
      let page = range(kernelAddress(), pageSize)
      _ = space.map(page, to: PhysicalAddress(0), attributes: .kernelData)
      let tables = (0..<UInt64(machine.frameCount)).map {
        FrameNumber(HostedMachine.firstFrame + $0)
      }.filter { machine.kernel.typeWord(of: $0).isTable(in: .linked) }
      #expect(tables.count > 2)
      let free = machine.freeFrames
      for table in tables {
        #expect(throws: FrameError(.tableInUse, at: table)) {
          try machine.giveBack(table)
        }
      }
      #expect(machine.freeFrames == free)
      #expect(space.translate(page.start) != nil)
    }
  }
}
