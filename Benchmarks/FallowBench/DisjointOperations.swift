import Fallow

/// Two CPUs that map and unmap, page by page, in a gigabyte each; and one.
///
/// **Guarantee.** What `AddressSpace` promises: operations on ranges that do
/// not overlap run at the same time. They share no lock and write no word in
/// common but those of the tables and lists that both use; here those are the
/// permanent ones, which nobody writes.
let disjointPages: UInt64 = 1 << 17

typealias CachedSpace = KernelTree<
  X86FourLevel, Reclaimer<CountingDriver<CachedKernel>>
>

func mapAndUnmap(_ gigabyte: UInt64, of space: CachedSpace) {
  let first = gigabyte << 30 / pageSize
  for index in first..<first + disjointPages {
    let outcome = space.map(
      pages(index, 1), to: firstPage, attributes: attributes)
    guard outcome == nil else { fatalError("not mapped") }
  }
  for index in first..<first + disjointPages {
    guard space.unmap(pages(index, 1)) == nil else {
      fatalError("not unmapped")
    }
  }
}

extension Operation {
  func makeCachedSpace() -> CachedSpace {
    CachedKernel.start()
    guard let space = CachedSpace.make(scheme: .make(on: CachedKernel()))
    else { fatalError("no frames") }
    return space
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
