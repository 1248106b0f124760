// SPDX-License-Identifier: Apache-2.0

import BenchSupport
import Fallow

/// Mapping and unmapping a page on kernels whose read sections, or whose direct
/// map, cost what they cost a real one.
typealias PlatformSpace<Kernel: CachingKernel> = KernelSpace<
  X86FourLevel, CachedScheme<Kernel>
>

@inline(__always)
private func mapPages<Kernel: CachingKernel>(_ space: PlatformSpace<Kernel>) {
  for index in 0..<pageCount {
    space.mustMap(
      pages(index, 1), to: firstPage + index &* pageSize, attributes: .writable)
  }
}

@inline(__always)
private func unmapPages<Kernel: CachingKernel>(_ space: PlatformSpace<Kernel>) {
  for index in 0..<pageCount { space.mustUnmap(pages(index, 1)) }
  space.scheme.reclaim()
}

@inline(never)
@_silgen_name("op_map4k_counting")
func mapPagesCounting(_ space: PlatformSpace<CountingKernel>) {
  mapPages(space)
}

@inline(never)
@_silgen_name("op_unmap4k_counting")
func unmapPagesCounting(_ space: PlatformSpace<CountingKernel>) {
  unmapPages(space)
}

@inline(never)
@_silgen_name("op_map4k_moved")
func mapPagesMoved(_ space: PlatformSpace<MovedKernel>) { mapPages(space) }

@inline(never)
@_silgen_name("op_unmap4k_moved")
func unmapPagesMoved(_ space: PlatformSpace<MovedKernel>) { unmapPages(space) }

extension Operation {
  private func measure<Kernel: CachingKernel>(
    on kernel: Kernel, map: (PlatformSpace<Kernel>) -> Void,
    unmap: (PlatformSpace<Kernel>) -> Void, isUnmap: Bool
  ) -> UInt64 {
    FrameCaches.start()
    let space = PlatformSpace<Kernel>.make(.make(on: kernel))
    let before = TableAccounts(of: space.platform)
    let mapTime = Bench.time { map(space) }
    Bench.check(
      space.translate(firstAddress + 5 * pageSize)?.address
        == firstPage + 5 * pageSize, "mapped")
    let unmapTime = Bench.time { unmap(space) }
    Bench.check(
      TableAccounts(of: space.platform).linked == before.linked, "unmapped")
    return isUnmap ? unmapTime : mapTime
  }

  func measureCounting(isUnmap: Bool) -> UInt64 {
    measure(
      on: CountingKernel(), map: mapPagesCounting, unmap: unmapPagesCounting,
      isUnmap: isUnmap)
  }

  func measureMoved(isUnmap: Bool) -> UInt64 {
    measure(
      on: MovedKernel(base: unsafe Arena.bootBase), map: mapPagesMoved,
      unmap: unmapPagesMoved, isUnmap: isUnmap)
  }
}
