// SPDX-License-Identifier: Apache-2.0

import Fallow

/// The measured work on address spaces: each function is what an instruction
/// counter counts, so it has a C name and is never inlined.

let pageCount: UInt64 = 262_144
let lookUpCount = 1_000_000
let pageSize: UInt64 = 4096
let firstAddress = VirtualAddress(0xffff_9000_0000_0000)
let firstPage = PhysicalAddress(0x1_0000_0000)

var attributes: LeafAttributes { .writable }

@inline(__always)
func pages(_ first: UInt64, _ count: UInt64) -> VirtualRange {
  VirtualRange(
    start: firstAddress + first &* pageSize, size: count &* pageSize)
}

@inline(never)
@_silgen_name("op_map4k")
func mapPages() {
  let space = Bench.space
  for index in 0..<pageCount {
    space.mustMap(
      pages(index, 1), to: firstPage + index &* pageSize,
      attributes: attributes)
  }
}

@inline(never)
@_silgen_name("op_map4k_collapse")
func mapPagesCollapsing() {
  let space = Bench.space
  for index in 0..<pageCount {
    space.mustMapCollapsing(
      pages(index, 1), to: firstPage + index &* pageSize,
      attributes: attributes)
  }
  space.scheme.reclaim()
}

@inline(never)
@_silgen_name("op_map4k_cursor")
func mapPagesByCursor() {
  var cursor = Cursor(Bench.space)
  for index in 0..<pageCount {
    let refusal = cursor.map(
      firstAddress + index &* pageSize, to: firstPage + index &* pageSize,
      attributes: attributes)
    guard refusal == nil else { fatalError("not mapped") }
  }
  cursor.finish()
}

@inline(never)
@_silgen_name("op_map4k_range")
func mapRange() {
  Bench.space.mustMap(
    pages(0, pageCount), to: firstPage, attributes: attributes,
    maxLeafLevel: 1)
}

@inline(never)
@_silgen_name("op_unmap4k")
func unmapPages() {
  let space = Bench.space
  for index in 0..<pageCount {
    space.mustUnmap(pages(index, 1))
  }
  space.scheme.reclaim()
}

@inline(never)
@_silgen_name("op_unmap4k_range")
func unmapRange() {
  let space = Bench.space
  space.mustUnmap(pages(0, pageCount))
  space.scheme.reclaim()
}

/// Adds up where leaves led.
struct AddressSum: LeafVisitor {
  var sum: UInt64 = 0

  @inline(__always)
  mutating func visit(_ entry: UInt64, level: Int, at address: VirtualAddress) {
    sum &+= X86FourLevel.leafAddress(in: entry, level: level).rawValue
  }
}

@inline(never)
@_silgen_name("op_unmap4k_range_read")
func unmapRangeReading() -> UInt64 {
  let space = Bench.space
  var visitor = AddressSum()
  space.mustUnmap(pages(0, pageCount), visiting: &visitor)
  space.scheme.reclaim()
  return visitor.sum
}

@inline(never)
@_silgen_name("op_translate")
func translateAll() -> UInt64 {
  let space = Bench.space
  let offsets = unsafe Bench.offsets
  var sum: UInt64 = 0
  for index in 0..<lookUpCount {
    guard
      let found = space.translate(
        firstAddress + UInt64(unsafe offsets[index]))
    else { continue }
    sum &+= found.address.rawValue
  }
  return sum
}

@inline(never)
@_silgen_name("op_cycle")
func cyclePages(_ rounds: Int) {
  let space = Bench.space
  for _ in 0..<rounds {
    for index in 0..<512 as Range<UInt64> {
      space.mustMap(
        pages(index, 1), to: firstPage + index &* pageSize,
        attributes: attributes)
    }
    for index in 0..<512 as Range<UInt64> {
      space.mustUnmap(pages(index, 1))
    }
    space.scheme.reclaim()
  }
}

@inline(never)
@_silgen_name("op_cycle_range")
func cyclePagesByRange(_ rounds: Int) {
  let space = Bench.space
  for _ in 0..<rounds {
    space.mustMap(
      pages(0, 512), to: firstPage, attributes: attributes, maxLeafLevel: 1)
    space.mustUnmap(pages(0, 512))
    space.scheme.reclaim()
  }
}

@inline(never)
@_silgen_name("op_map2m")
func mapLargePages() {
  let space = Bench.space
  for index in 0..<512 as Range<UInt64> {
    space.mustMap(
      pages(index &* 512, 512), to: firstPage + index &* (pageSize &* 512),
      attributes: attributes, maxLeafLevel: 2)
  }
}

@inline(never)
@_silgen_name("op_protect1")
func protectPages() {
  let space = Bench.space
  var gather = StaleRange(on: space.platform)
  for index in 0..<pageCount {
    space.mustProtect(pages(index, 1), clearing: .writable, into: &gather)
  }
  do throws(UnansweredError) {
    try gather.invalidate(by: space.scheme)
  } catch {
    fatalError("the IOMMU answers at once")
  }
}
