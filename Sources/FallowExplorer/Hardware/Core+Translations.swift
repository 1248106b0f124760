// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// What a CPU's set keeps of a leaf, if accesses are searched: the lower two
/// bits of the page's number, and whether it may be written.
struct HeldLeaf: BitwiseCopyable {
  let page: Int
  let isWritable: Bool

  /// What the leaf `entry` says.
  @inline(__always)
  init(_ entry: UInt64) {
    page = Int(truncatingIfNeeded: entry &>> UInt64(FrameNumber.shift)) & 3
    isWritable = entry & TinyEntry.writable != 0
  }

  fileprivate init(bit: Int) {
    page = bit & 3
    isWritable = bit & 4 != 0
  }

  /// Its bit in a set.
  @inline(__always)
  var bit: UInt8 { 1 << UInt8(page | (isWritable ? 4 : 0)) }
}

/// What an access of a CPU can come to: a hit in its TLB, or a walk from what
/// it holds of the tables, whichever of all that it may hold it uses.
extension Core {
  /// All that an access of the actor's CPU to a page can come to, in an order
  /// that depends on the state alone.
  ///
  /// A CPU that may hold a leaf may also have dropped it, so a walk is always
  /// possible.
  func translations(of page: Int, isWrite: Bool) -> [AccessOutcome] {
    let cpu = cpu(of: actor)
    let walker = layout.walker(cpu: cpu, asid: asid(of: cpu))
    var found = FoundOutcomes(isWrite: isWrite)
    if isAbsent(page) { found.add(.notMapped) }
    for old in [false, true] {
      let set = layout.set(of: walker, old: old)
      for place in 1...layout.places
      where layout.pages(of: place).contains(page) {
        found.add(
          cells[set, byte: leafByte(place)],
          at: page - layout.pages(of: place).lowerBound)
        if place > layout.tablePlaces { continue }
        var tables = cells[set, byte: tableByte(place)]
        while tables != 0 {
          walk(page, from: tables.trailingZeroBitCount, at: place, &found)
          tables &= tables &- 1
        }
      }
    }
    walk(page, from: 0, at: 0, &found)
    return found.all
  }

  /// What walks from a table that stands at a place find for a page.
  private func walk(
    _ page: Int, from table: Int, at place: Int,
    _ found: inout FoundOutcomes
  ) {
    for index in 0..<layout.entriesPerTable {
      let below = layout.child(of: place, index)
      guard layout.pages(of: below).contains(page) else { continue }
      let entry = cells[layout.entry(table, index)]
      if entry & TinyEntry.present == 0 {
        found.add(.notMapped)
      } else if let next = self.table(in: entry), below <= layout.tablePlaces {
        walk(page, from: next, at: below, &found)
      } else {
        found.add(
          HeldLeaf(entry).bit, at: page - layout.pages(of: below).lowerBound)
      }
    }
  }

  private func isAbsent(_ page: Int) -> Bool {
    rules.cpusCacheAbsence
      && (1...layout.places).contains {
        cells[Layout.absent] >> UInt64($0 - 1) & 1 != 0
          && layout.pages(of: $0).contains(page)
      }
  }
}

/// A set of ``AccessOutcome``.
private struct FoundOutcomes {
  let isWrite: Bool
  private var bits: UInt64 = 0

  init(isWrite: Bool) { self.isWrite = isWrite }

  mutating func add(_ outcome: AccessOutcome) {
    bits |= 1 << outcome.rawValue
  }

  /// Adds what the leaves of a set lead to, `offset` pages from their first.
  mutating func add(_ leaves: UInt8, at offset: Int) {
    var left = leaves
    while left != 0 {
      let leaf = HeldLeaf(bit: left.trailingZeroBitCount)
      left &= left &- 1
      add(
        isWrite && !leaf.isWritable
          ? .notWritable : .reached(page: (leaf.page + offset) & 3))
    }
  }

  var all: [AccessOutcome] {
    (0..<UInt64.bitWidth).filter { bits >> UInt64($0) & 1 != 0 }
      .map { AccessOutcome(UInt64($0)) }
  }
}
