// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// Two zones with holes and a cache in front of one, against a map of each
/// which frame: right calls and wrong ones.
@Suite struct AllocatorModelTests {
  static let firstFrames: [UInt64] = [0, 3, 1 << 28, 1 << 52 - 4096]

  @Test(arguments: 31...38 as ClosedRange<UInt64>)
  func everyAnswerIsTheModels(seed: UInt64) throws {
    let frames = 2200
    let first = Self.firstFrames[Int(seed % 4)]
    try FrameArena.run(first: first, frames: frames, adding: []) { arena in
      var model = FrameModel(seed: seed, first: first, frames: frames)
      try model.addRanges(to: &arena)
      for turn in 0..<2000 {
        let isFilling = turn % 1000 < 500
        model.step(isFilling: isFilling, on: &arena)
        let miscount = turn % 50 == 0 ? model.miscount(of: arena) : nil
        if let fault = model.fault ?? miscount {
          Issue.record("seed \(seed), first \(first), turn \(turn): \(fault)")
          return
        }
      }
      #expect(model.refusals > 200, "seed \(seed)")
      try model.giveEverythingBack(to: &arena)
      let blocks = model.largestBlocks
      for zone in 0..<2 {
        var found = 0
        while arena.allocators[zone].allocate(order: 10) != .none { found += 1 }
        #expect(found == blocks[zone], "seed \(seed), zone \(zone)")
      }
    }
  }
}

/// The owner of each frame, kept frame by frame.
private struct FrameModel {
  enum Owner: Equatable {
    case nobody
    /// An allocator, or its cache.
    case free(zone: Int)
    case cached
    /// A block that was taken; it starts at that place.
    case taken(zone: Int, start: Int, order: Int)
  }

  let first: UInt64
  var owners: [Owner]
  var random: SeededGenerator
  /// Places of blocks that are taken, to find one fast.
  var taken: [Int] = []
  var fault: String?
  var refusals = 0

  init(seed: UInt64, first: UInt64, frames: Int) {
    self.first = first
    owners = Array(repeating: .nobody, count: frames)
    random = SeededGenerator(seed: seed)
  }

  /// Stretches of either zone, with and without holes between them.
  mutating func addRanges(to arena: inout FrameArena) throws {
    var place = random.below(20)
    while place < owners.count {
      let zone = random.below(2)
      let count = min(1 + random.below(600), owners.count - place)
      try arena.allocators[zone].add(frame(place), count: count)
      for index in place..<(place + count) { owners[index] = .free(zone: zone) }
      place += count + (random.below(2) == 0 ? 0 : 1 + random.below(40))
    }
  }

  func frame(_ place: Int) -> FrameNumber {
    FrameNumber(first &+ UInt64(bitPattern: Int64(place)))
  }

  mutating func step(isFilling: Bool, on arena: inout FrameArena) {
    switch random.below(10) {
    case 0: misuse(&arena)
    case 1, 2: freeAnything(on: &arena)
    case 3...8 where isFilling, 3...4: allocate(from: &arena)
    default: giveBack(to: &arena)
    }
  }

  private mutating func allocate(from arena: inout FrameArena) {
    let zone = random.below(2)
    let usesCache = zone == 0 && random.below(3) == 0
    let order = usesCache ? 0 : min(random.below(11), random.below(6))
    var block = FrameNumber.none
    if usesCache {
      refillIfEmpty(&arena)
      block = arena.cache.take()
    } else {
      block = arena.allocators[zone].allocate(order: order)
    }
    if block == .none {
      let isMissed = usesCache ? false : hasFreeBlock(order, in: zone)
      if isMissed { fault = "order \(order) of zone \(zone) refused" }
      return
    }
    let start = Int(block.rawValue &- first)
    let old: Owner = usesCache ? .cached : .free(zone: zone)
    guard block.rawValue % (1 << UInt64(order)) == 0,
      start + 1 << order <= owners.count,
      owners[start..<(start + 1 << order)].allSatisfy({ $0 == old })
    else {
      fault = "block \(start) of order \(order) is not free in zone \(zone)"
      return
    }
    take(start, order, zone)
  }

  private mutating func refillIfEmpty(_ arena: inout FrameArena) {
    if arena.cache.count > 0 { return }
    do {
      try arena.cache.refill(from: &arena.allocators[0])
    } catch {
      fault = "\(error)"
    }
    noteCached(arena)
  }

  /// Which frames the cache took, or gave back: the model does not choose.
  private mutating func noteCached(_ arena: borrowing FrameArena) {
    for index in owners.indices {
      let isCached = arena.table.typeWord(of: frame(index)).kind == .cached
      switch owners[index] {
      case .free(zone: 0) where isCached: owners[index] = .cached
      case .cached where !isCached: owners[index] = .free(zone: 0)
      case .nobody, .free, .cached, .taken: break
      }
    }
  }

  private mutating func take(_ start: Int, _ order: Int, _ zone: Int) {
    for index in start..<(start + 1 << order) {
      owners[index] = .taken(zone: zone, start: start, order: order)
    }
    taken.append(start)
  }

  /// Gives back a block that is taken, in one of the ways there are.
  private mutating func giveBack(to arena: inout FrameArena) {
    guard !taken.isEmpty else { return }
    let start = taken[random.below(taken.count)]
    guard case .taken(let zone, _, let order) = owners[start] else { return }
    let block = frame(start)
    do {
      if zone == 0, order == 0, random.below(2) == 0 {
        if try !arena.cache.put(block) {
          try arena.cache.drain(into: &arena.allocators[0])
          noteCached(arena)
          if try !arena.cache.put(block) { fault = "no room after a drain" }
        }
        release(start, to: .cached)
      } else if random.below(2) == 0 {
        try arena.allocators[zone].free(block, count: 1 << order)
        release(start, to: .free(zone: zone))
      } else {
        try arena.allocators[zone].free(block, order: order)
        release(start, to: .free(zone: zone))
      }
    } catch {
      fault = "\(error) for a taken block"
    }
  }

  private mutating func release(_ start: Int, to owner: Owner) {
    guard case .taken(_, _, let order) = owners[start] else { return }
    for index in start..<(start + 1 << order) { owners[index] = owner }
    taken.removeAll { $0 == start }
  }

  /// A run from anywhere, of any length, to either zone.
  private mutating func freeAnything(on arena: inout FrameArena) {
    let zone = random.below(2)
    let start = random.below(owners.count + 4) - 2
    let count = random.below(random.below(2) == 0 ? 4 : 70)
    let isRight = isRun(start, count, of: zone)
    let before = arena.state
    do {
      try arena.allocators[zone].free(frame(start), count: count)
      if !isRight { fault = "took back \(count) frames from \(start)" }
      for index in start..<(start + count) {
        release(index, to: .free(zone: zone))
      }
    } catch {
      refusals += 1
      if isRight { fault = "\(error) for \(count) frames from \(start)" }
      if arena.state != before { fault = "a refusal changed something" }
    }
  }

  private func isRun(_ start: Int, _ count: Int, of zone: Int) -> Bool {
    if count == 1, start < 0 || start >= owners.count { return false }
    if start < 0 || start + count > owners.count { return false }
    var next = start
    while next < start + count {
      guard case .taken(zone, next, let order) = owners[next] else {
        return false
      }
      next += 1 << order
    }
    return next == start + count
  }

  /// Any frame, of any order, to either zone or the cache.
  private mutating func misuse(_ arena: inout FrameArena) {
    let place = random.below(owners.count + 4) - 2
    let zone = random.below(3)
    let order = zone == 2 ? 0 : random.below(13) - 1
    let expected = fault(of: place, order: order, in: zone == 2 ? 0 : zone)
    if expected == nil { return }
    refusals += 1
    let before = arena.state
    var found: LifecycleFault?
    do {
      if zone == 2 {
        _ = try arena.cache.put(frame(place))
      } else {
        try arena.allocators[zone].free(frame(place), order: order)
      }
    } catch {
      found = error.fault
    }
    if found != expected {
      fault =
        "place \(place), order \(order), zone \(zone): "
        + "\(String(describing: found)), not \(String(describing: expected))"
    }
    if arena.state != before { fault = "a refusal changed something" }
  }

  private func fault(
    of place: Int, order: Int, in zone: Int
  ) -> LifecycleFault? {
    guard owners.indices.contains(place) else { return .outOfRange }
    switch owners[place] {
    case .nobody: return .notManaged
    case .cached: return zone == 0 ? .alreadyFree : .wrongZone
    case .free(let owner):
      // A frame inside of a block says that it is free; its first, whose too.
      let isFirst = place == firstOfFreeBlock(place)
      return owner == zone || !isFirst ? .alreadyFree : .wrongZone
    case .taken(let owner, let start, let size):
      if place != start { return .insideBlock }
      if owner != zone { return .wrongZone }
      return order == size ? nil : .wrongOrder
    }
  }

  /// Free blocks are as large as they can be.
  private func firstOfFreeBlock(_ place: Int) -> Int {
    let owner = owners[place]
    for order in stride(from: 10, through: 1, by: -1) {
      let start =
        Int(bitPattern: UInt(frame(place).rawValue & ~(1 << UInt64(order) - 1)))
        - Int(first)
      let end = start + 1 << order
      if start >= 0, end <= owners.count,
        owners[start..<end].allSatisfy({ $0 == owner })
      {
        return start
      }
    }
    return place
  }

  private func hasFreeBlock(_ order: Int, in zone: Int) -> Bool {
    owners.indices.contains { place in
      frame(place).rawValue % (1 << UInt64(order)) == 0
        && place + 1 << order <= owners.count
        && owners[place..<(place + 1 << order)].allSatisfy {
          $0 == .free(zone: zone)
        }
    }
  }

  func miscount(of arena: borrowing FrameArena) -> String? {
    let cached = owners.count { $0 == .cached }
    if arena.cache.count != cached { return "\(cached) are cached" }
    for zone in 0..<2 {
      let free = owners.count { $0 == .free(zone: zone) }
      if arena.allocators[zone].freeFrames != free {
        return "\(free) are free in zone \(zone)"
      }
    }
    return nil
  }

  mutating func giveEverythingBack(to arena: inout FrameArena) throws {
    for start in taken {
      guard case .taken(let zone, _, let order) = owners[start]
      else { continue }
      try arena.allocators[zone].free(frame(start), order: order)
      release(start, to: .free(zone: zone))
    }
    try arena.cache.drain(into: &arena.allocators[0], leaving: 0)
    noteCached(arena)
  }

  /// How many blocks of order 10 each zone has.
  var largestBlocks: [Int] {
    (0..<2).map { zone in
      owners.indices.count { place in
        frame(place).rawValue % 1024 == 0 && place + 1024 <= owners.count
          && owners[place..<(place + 1024)].allSatisfy {
            $0 == .free(zone: zone)
          }
      }
    }
  }
}
