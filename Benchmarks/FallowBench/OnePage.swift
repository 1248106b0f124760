// SPDX-License-Identifier: Apache-2.0

import Fallow

/// One page that is alone in its table: the table comes and goes with it.
///
/// Its frame goes through the cache of a CPU, which keeps those that come back
/// as zeroes.
@inline(never)
@_silgen_name("op_cycle1")
func cycleOnePage(_ space: CachedSpace, _ rounds: Int) {
  for _ in 0..<rounds {
    space.mustMap(
      pages(0, 1), to: firstPage, attributes: attributes)
    space.mustUnmap(pages(0, 1))
    space.scheme.reclaim()
  }
}

extension Operation {
  func measureOnePage(_ rounds: Int) -> (UInt64, UInt64) {
    let space = makeCachedSpace()
    // A neighbour keeps the upper tables, as in the C baseline.
    space.mustMap(pages(512, 1), to: firstPage, attributes: attributes)
    let before = TableAccounts(of: space.platform)
    let time = Bench.time { cycleOnePage(space, rounds) }
    let after = TableAccounts(of: space.platform)
    Bench.check(
      after.released - before.released == UInt64(rounds)
        && after.linked == before.linked, "tables released")
    return (time, UInt64(rounds))
  }
}
