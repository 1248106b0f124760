// SPDX-License-Identifier: Apache-2.0

import BenchSupport
import Fallow

/// Two CPUs that map and unmap pages of one table, and one CPU: the first and the
/// second half of it each, or every second page each.
enum OneTable: String {
  case halves, alternate

  static var rounds: Int { 400 }
  static var pagesPerRound: UInt64 { 250 }
  static var units: UInt64 { UInt64(rounds) * pagesPerRound }

  private func page(_ index: UInt64, cpu: UInt64) -> UInt64 {
    switch self {
    case .halves: cpu &* 256 &+ index
    case .alternate: index &* 2 &+ cpu
    }
  }

  private func work(_ space: CachedSpace, cpu: UInt64) {
    for _ in 0..<Self.rounds {
      for index in 0..<Self.pagesPerRound {
        space.mustMap(
          pages(page(index, cpu: cpu), 1), to: firstPage, attributes: .writable)
      }
      for index in 0..<Self.pagesPerRound {
        space.mustUnmap(pages(page(index, cpu: cpu), 1))
      }
    }
  }

  /// The time of each CPU: of one alone, or of two at once, as a sum.
  func measure(cpus: Int) -> (UInt64, UInt64) {
    FrameCaches.start()
    let space = CachedSpace.make(.make(on: CachedKernel()))
    // The last page keeps the table.
    space.mustMap(pages(511, 1), to: firstPage, attributes: .writable)
    if cpus == 1 {
      return (Bench.time { work(space, cpu: 0) }, Self.units)
    }
    let time = BenchThread.time(
      { work(space, cpu: 0) }, { work(space, cpu: 1) })
    return (time, 2 * Self.units)
  }
}
