import Fallow

/// What is mapped, as a dictionary of leaves: the plain truth that address
/// spaces are compared with.
struct LeafModel {
  private(set) var leaves: [UInt64: Leaf] = [:]
  /// How many smaller leaves there are in each stretch of 2 MiB, and of 1 GiB,
  /// that has any.
  private var inside2: [UInt64: Int] = [:]
  private var inside3: [UInt64: Int] = [:]

  static func span(_ level: Int) -> UInt64 { X86FourLevel.span(of: level) }

  func leaf(at address: UInt64) -> (start: UInt64, leaf: Leaf)? {
    for level in 1...3 {
      let start = address & ~(Self.span(level) - 1)
      if let leaf = leaves[start], leaf.level == level { return (start, leaf) }
    }
    return nil
  }

  private func isFree(_ start: UInt64, level: Int) -> Bool {
    if leaf(at: start) != nil { return false }
    return level == 1 || (level == 2 ? inside2 : inside3)[start] == nil
  }

  private mutating func insert(_ leaf: Leaf, at start: UInt64) {
    leaves[start] = leaf
    count(leaf, at: start, by: 1)
  }

  private mutating func remove(_ start: UInt64) {
    guard let leaf = leaves.removeValue(forKey: start) else { return }
    count(leaf, at: start, by: -1)
  }

  private mutating func count(_ leaf: Leaf, at start: UInt64, by delta: Int) {
    func add(_ counts: inout [UInt64: Int], _ stretch: UInt64) {
      let sum = counts[stretch, default: 0] + delta
      counts[stretch] = sum == 0 ? nil : sum
    }
    if leaf.level < 2 { add(&inside2, start & ~(Self.span(2) - 1)) }
    if leaf.level < 3 { add(&inside3, start & ~(Self.span(3) - 1)) }
  }

  mutating func map(
    _ range: VirtualRange, to address: UInt64, maxLeafLevel: Int
  ) -> MapOutcome {
    var done: UInt64 = 0
    while done < range.size {
      let at = range.start.rawValue + done
      var level = maxLeafLevel
      while level > 1,
        (at | (address + done)) & (Self.span(level) - 1) != 0
          || Self.span(level) > range.size - done
      {
        level -= 1
      }
      guard isFree(at, level: level) else {
        return .occupied(VirtualAddress(at))
      }
      insert(Leaf(address: address + done, level: level), at: at)
      done += Self.span(level)
    }
    return .mapped
  }

  mutating func unmap(_ range: VirtualRange) -> UnmapOutcome {
    var done: UInt64 = 0
    while done < range.size {
      let at = range.start.rawValue + done
      guard let (start, leaf) = leaf(at: at) else {
        done += pageSize
        continue
      }
      let span = Self.span(leaf.level)
      guard start == at, span <= range.size - done else {
        return .partialLeaf(VirtualAddress(at))
      }
      remove(start)
      done += span
    }
    return .unmapped
  }

  mutating func split(_ address: UInt64, level: Int) -> Bool {
    guard let (start, leaf) = leaf(at: address), leaf.level == level
    else { return false }
    remove(start)
    let span = Self.span(level - 1)
    for index in 0..<512 as Range<UInt64> {
      insert(
        Leaf(address: leaf.address + index * span, level: level - 1),
        at: start + index * span)
    }
    return true
  }

  mutating func collapse(_ address: UInt64, level: Int) -> Bool {
    let start = address & ~(Self.span(level) - 1)
    let span = Self.span(level - 1)
    guard let first = leaves[start], first.level == level - 1,
      first.address & (Self.span(level) - 1) == 0
    else { return false }
    for index in 1..<512 as Range<UInt64> {
      let expected = Leaf(
        address: first.address + index * span, level: level - 1)
      guard leaves[start + index * span] == expected else { return false }
    }
    for index in 0..<512 as Range<UInt64> { remove(start + index * span) }
    insert(Leaf(address: first.address, level: level), at: start)
    return true
  }

  /// How many tables of levels 1 and 2 the leaves need.
  var tablesNeeded: Int { inside2.count + inside3.count }
}
