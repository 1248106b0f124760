// SPDX-License-Identifier: Apache-2.0

/// Flushes that were issued and are not done: Arm's TLBI up to the DSB.
///
/// What such a flush is to drop goes to the walker's old set, which it may still
/// use and walk from; what it reads meanwhile is in the other set and stays.
/// While several actors have issued flushes, what each drops is used until the
/// last of them has waited: no less than the hardware may use.
extension Core {
  private static let firstIssued: UInt64 = 32
  private static let allIssued: UInt64 = 0xff << firstIssued

  private var issued: UInt64 { 1 << (Self.firstIssued + UInt64(actor)) }

  /// Whether a flush was issued that nobody has waited for.
  @inline(__always)
  var hasIssuedFlushes: Bool { cells[Layout.flags] & Self.allIssued != 0 }

  /// The actor issues a flush.
  mutating func issueFlush(
    of pages: Range<Int>, tables: Bool, leaves: Bool, _ flushed: FlushedCPUs
  ) {
    flushCPUs(pages, tables: tables, leaves: leaves, of: flushed, isDone: false)
    cells.setBits(issued, at: Layout.flags)
  }

  /// The flushes that the actor has issued are done.
  mutating func completeFlushes() {
    cells.clearBits(issued, at: Layout.flags)
    if hasIssuedFlushes { return }
    for number in 0..<layout.cpuWalkers {
      clear(layout.walker(ofCPUs: number), old: true)
    }
  }

  /// Lets CPUs walk on from what they are to forget.
  func walkByFlushedCPUs() {
    for number in 0..<layout.cpuWalkers {
      let walker = layout.walker(ofCPUs: number)
      if isWalking(cpuWalker: walker) { walk(walker, from: 0, old: true) }
    }
  }
}
