// SPDX-License-Identifier: Apache-2.0

/// Makes 64-bit fingerprints of states.
///
/// A state is hashed in pairs of words: each word is added to a key of its own
/// that is made from the seed, the two are multiplied, and the sum of the
/// products in full is mixed (the NH hash of UMAC). So a step that changes one
/// pair needs no more than that pair to be hashed anew. Of an actor's log the
/// state has a ``LogSummary``, which grows with the log.
@safe
struct Fingerprint: BitwiseCopyable, @unchecked Sendable {
  private let keys: UnsafeMutablePointer<UInt64>
  private let count: Int
  let emptyLog: UInt64

  init(layout: Layout, seed: UInt64) {
    count = layout.logs
    unsafe keys = .allocate(capacity: count + 1)
    var state = seed
    for index in 0...count {
      state &+= 0x9e37_79b9_7f4a_7c15
      var word = state
      word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
      word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
      unsafe (keys + index).initialize(to: word ^ word >> 31)
    }
    unsafe emptyLog = keys[count]
  }

  func free() { unsafe keys.deallocate() }

  /// The sum over the pairs of words that a range touches.
  @inline(__always)
  func sum(_ cells: Cells, _ range: Range<Int>) -> UInt128 {
    var sum: UInt128 = 0
    var index = range.lowerBound & ~1
    let end = min(range.upperBound, count - 1)
    while index < end {
      unsafe sum &+= Self.product(
        cells[index] &+ keys[index], cells[index &+ 1] &+ keys[index &+ 1])
      index &+= 2
    }
    // The last word has no other where their number is odd.
    if index < range.upperBound {
      unsafe sum &+= Self.product(cells[index] &+ keys[index], keys[count])
    }
    return sum
  }

  /// The sum over all that is hashed of a state.
  @inline(__always)
  func sum(_ cells: Cells) -> UInt128 { sum(cells, 0..<count) }

  /// The fingerprint of a state with that sum; never 0.
  @inline(__always)
  func finish(_ sum: UInt128) -> UInt64 {
    let mixed = Self.fold(
      UInt64(truncatingIfNeeded: sum) ^ 0xd6e8_feb8_6659_fd93,
      UInt64(truncatingIfNeeded: sum &>> 64) ^ 0x9e37_79b9_7f4a_7c15)
    return mixed == 0 ? 1 : mixed
  }

  /// The digest of a log that grows by an access.
  @inline(__always)
  func digest(_ log: UInt64, _ logged: LoggedAccess) -> UInt64 {
    Self.fold(
      log ^ 0xa076_1d64_78bd_642f ^ logged.key,
      logged.result &+ emptyLog) &+ log
  }

  @inline(__always)
  private static func product(_ a: UInt64, _ b: UInt64) -> UInt128 {
    UInt128(truncatingIfNeeded: a) &* UInt128(truncatingIfNeeded: b)
  }

  /// Both halves of the product, in one word.
  @inline(__always)
  static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }
}
