// SPDX-License-Identifier: Apache-2.0

import Fallow

/// The measured work of reclamation, as in `WalkOperations.swift`.

let tableCount = 16_384

/// Tables that wait to be retired.
func makeTables<Scheme: ReclamationScheme>(
  _ count: Int, in space: KernelSpace<X86FourLevel, Scheme>
) -> UnlinkedTables<Scheme.P, KernelHalf>
where Scheme.P.Interruption == Never {
  var tables = UnlinkedTables<Scheme.P, KernelHalf>(on: space.platform)
  for index in 0..<UInt64(count) {
    // The last page of each gigabyte stays mapped and keeps the upper table.
    let (gib, place) = index.quotientAndRemainder(dividingBy: 511)
    let keeper = pages((gib + 1) << 18 - 1, 1)
    let page = pages(gib << 18 + place << 9, 1)
    if space.translate(keeper.start) == nil {
      space.mustMap(keeper, to: firstPage, attributes: attributes)
    }
    space.mustMap(page, to: firstPage, attributes: attributes)
    space.mustUnmap(page, into: &tables)
  }
  return tables
}

@inline(__always)
private func retireAll<Scheme: ReclamationScheme>(
  _ tables: inout UnlinkedTables<Scheme.P, KernelHalf>, by scheme: Scheme
) where Scheme.P.Interruption == Never {
  while !tables.isEmpty { scheme.retire(tables.removeFirst()) }
}

@inline(never)
@_silgen_name("op_enqueue1")
func retireOneByOne(_ tables: inout UnlinkedTables<ListKernel, KernelHalf>) {
  retireAll(&tables, by: Bench.listScheme)
}

@inline(never)
@_silgen_name("op_drain")
func drainToList() {
  Bench.listScheme.reclaim()
  unsafe Bench.drains += 1
}

@inline(never)
@_silgen_name("op_drain_buddy")
func drainToBuddy() -> Int {
  Bench.buddyScheme.reclaim()
  return unsafe BuddyKernel.buddy.pointee.freeFrames
}

@inline(never)
@_silgen_name("op_cycle32")
func retireAndDrain(_ tables: inout UnlinkedTables<BuddyKernel, KernelHalf>) {
  retireAll(&tables, by: Bench.buddyScheme)
  Bench.buddyScheme.reclaim()
}

func retireForBuddy(_ tables: inout UnlinkedTables<BuddyKernel, KernelHalf>) {
  retireAll(&tables, by: Bench.buddyScheme)
}
