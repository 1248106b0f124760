// SPDX-License-Identifier: Apache-2.0

import Fallow

/// Two CPUs that map and unmap, page by page, in a gigabyte each; and one.
///
/// **Guarantee.** What `KernelSpace` promises: operations on ranges that do
/// not overlap run at the same time. They share no lock and write no word in
/// common but those of the tables and lists that both use; here those are the
/// permanent ones, which nobody writes.
let disjointPages: UInt64 = 1 << 17

typealias CachedSpace = KernelSpace<X86FourLevel, CachedScheme<CachedKernel>>

func mapAndUnmap(_ gigabyte: UInt64, of space: CachedSpace) {
  let first = gigabyte << 30 / pageSize
  for index in first..<first + disjointPages {
    space.mustMap(
      pages(index, 1), to: firstPage, attributes: attributes)
  }
  for index in first..<first + disjointPages {
    space.mustUnmap(pages(index, 1))
  }
}

extension Operation {
  func makeCachedSpace() -> CachedSpace {
    FrameCaches.start()
    return .make(.make(on: CachedKernel()))
  }

  private func check(_ space: CachedSpace, cpus: UInt64) {
    let accounts = TableAccounts(of: space.platform)
    // One table for 512 pages, and one above them.
    let tables = cpus * (disjointPages / 512 + 1)
    Bench.check(accounts.quarantined == tables, "all are retired")
    space.scheme.reclaim()
  }

  func measureOneCPU() -> UInt64 {
    let space = makeCachedSpace()
    let time = Bench.time { mapAndUnmap(0, of: space) }
    check(space, cpus: 1)
    return time
  }

  func measureTwoCPUs() -> UInt64 {
    let space = makeCachedSpace()
    let time = BenchThread.time(
      { mapAndUnmap(0, of: space) }, { mapAndUnmap(1, of: space) })
    check(space, cpus: 2)
    return time
  }
}
