// SPDX-License-Identifier: Apache-2.0

import BenchSupport
import Fallow

/// Two CPUs that map and unmap pages of one table, and one CPU: the first and the
/// second half of it each, or every second page each.
///
/// By a cursor for each area that is mapped or unmapped, or by single calls.
enum OneTable: String {
  case halves, alternate

  static var areas: Int { 400 }
  static var pagesPerArea: UInt64 { 250 }
  static var units: UInt64 { UInt64(areas) * pagesPerArea }

  private func page(_ index: UInt64, cpu: UInt64) -> UInt64 {
    switch self {
    case .halves: cpu &* 256 &+ index
    case .alternate: index &* 2 &+ cpu
    }
  }

  private func work(_ space: CachedSpace, cpu: UInt64, byCursor: Bool) {
    if byCursor {
      workByCursor(space, cpu: cpu)
    } else {
      workByCalls(space, cpu: cpu)
    }
  }

  private func workByCursor(_ space: CachedSpace, cpu: UInt64) {
    for _ in 0..<Self.areas {
      mapArea(of: space, cpu: cpu)
      unmapArea(of: space, cpu: cpu)
    }
  }

  private func mapArea(of space: CachedSpace, cpu: UInt64) {
    var cursor = Cursor(space)
    for index in 0..<Self.pagesPerArea {
      let refusal = cursor.map(
        pages(page(index, cpu: cpu), 1).start, to: firstPage,
        attributes: .writable)
      guard refusal == nil else { fatalError("not mapped") }
    }
    cursor.finish()
  }

  private func unmapArea(of space: CachedSpace, cpu: UInt64) {
    var cursor = Cursor(space)
    for index in 0..<Self.pagesPerArea {
      let refusal = cursor.unmap(pages(page(index, cpu: cpu), 1).start)
      guard refusal == nil else { fatalError("not unmapped") }
    }
    cursor.finish()
  }

  private func workByCalls(_ space: CachedSpace, cpu: UInt64) {
    for _ in 0..<Self.areas {
      for index in 0..<Self.pagesPerArea {
        space.mustMap(
          pages(page(index, cpu: cpu), 1), to: firstPage, attributes: .writable)
      }
      for index in 0..<Self.pagesPerArea {
        space.mustUnmap(pages(page(index, cpu: cpu), 1))
      }
    }
  }

  /// The time of each CPU: of one alone, or of two at once, as a sum.
  func measure(cpus: Int, byCursor: Bool) -> (UInt64, UInt64) {
    FrameCaches.start()
    let space = CachedSpace.make(.make(on: CachedKernel()))
    // The last page keeps the table.
    space.mustMap(pages(511, 1), to: firstPage, attributes: .writable)
    if cpus == 1 {
      return (
        Bench.time { work(space, cpu: 0, byCursor: byCursor) }, Self.units
      )
    }
    let time = BenchThread.time(
      { work(space, cpu: 0, byCursor: byCursor) },
      { work(space, cpu: 1, byCursor: byCursor) })
    return (time, 2 * Self.units)
  }
}
