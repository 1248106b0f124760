// SPDX-License-Identifier: Apache-2.0

// The accesses that `TableMemory` promises to be full fences, each in a
// function of its own, for Scripts/check-fences.py to read what they compiled
// to.

import Fallow

struct FencedMemory: DirectMapped {
  let directMap: DirectMap

  var cpuCount: Int { 1 }
  func currentCPU() -> Int { 0 }
  func flush(
    _ range: VirtualRange, of root: FrameNumber?, _ scope: FlushScope
  ) {}
  func publish(_ range: VirtualRange, of root: FrameNumber?) {}
  func dropped(_ frame: FrameNumber) {}
  func fault(_ fault: LifecycleFault, at frame: FrameNumber) -> Never {
    fatalError("a frame is not what its token says")
  }

  init(_ memory: UnsafeMutableRawPointer) {
    unsafe directMap = DirectMap(
      memory: memory, firstAddress: PhysicalAddress(0),
      descriptors: DescriptorTable(
        at: memory, firstFrame: FrameNumber(0), frameCount: 1),
      words: memory)
  }
}

/// Exchanges an entry.
@inline(never)
public func exchangeEntry(
  _ memory: UnsafeMutableRawPointer, _ value: UInt64
) -> UInt64 {
  unsafe FencedMemory(memory).exchange(value, at: PhysicalAddress(0))
}

/// Compares and exchanges an entry.
@inline(never)
public func compareExchangeEntry(
  _ memory: UnsafeMutableRawPointer, _ old: UInt64, _ new: UInt64
) -> UInt64 {
  unsafe FencedMemory(memory).compareExchange(
    PhysicalAddress(0), expected: old, desired: new)
}

/// Compares and exchanges a word of a descriptor.
@inline(never)
public func compareExchangeField(
  _ memory: UnsafeMutableRawPointer, _ old: UInt64, _ new: UInt64
) -> UInt64 {
  unsafe FencedMemory(memory).compareExchange(
    .entryCount, of: FrameNumber(0), expected: old, desired: new)
}

/// Adds to a word of a descriptor.
@inline(never)
public func addField(
  _ memory: UnsafeMutableRawPointer, _ delta: Int64
) -> UInt64 {
  unsafe FencedMemory(memory).add(delta, to: .entryCount, of: FrameNumber(0))
}

/// Exchanges one of the kernel's words.
@inline(never)
public func exchangeWord(
  _ memory: UnsafeMutableRawPointer, _ value: UInt64
) -> UInt64 {
  unsafe FencedMemory(memory).exchange(value, at: .flushOwed)
}

/// Compares and exchanges one of the kernel's words.
@inline(never)
public func compareExchangeWord(
  _ memory: UnsafeMutableRawPointer, _ old: UInt64, _ new: UInt64
) -> UInt64 {
  unsafe FencedMemory(memory).compareExchange(
    .flushOwed, expected: old, desired: new)
}

/// Adds to a count.
@inline(never)
public func countTables(_ memory: UnsafeMutableRawPointer, _ delta: Int64) {
  unsafe FencedMemory(memory).count(delta, at: .flushOwed)
}
