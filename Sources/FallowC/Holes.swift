// SPDX-License-Identifier: Apache-2.0

// The functions have C's names; the compiler compares each with fallow.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Fallow
import FallowHeader

/// Looks for `size` bytes in `range` that are not mapped, from a multiple of
/// `alignment` on.
private func nextHole(
  _ space: some AddressSpaceOperations<CFormat, CScheme>,
  _ range: VirtualRange, _ size: UInt64, _ alignment: UInt64,
  _ address: UnsafeMutablePointer<UInt64>, _ error: CError?
) -> fallow_outcome {
  do throws(MapError) {
    let isPowerOfTwo = alignment & (alignment &- 1) == 0
    guard size > 0, size & (FrameNumber.size - 1) == 0,
      alignment >= FrameNumber.size, isPowerOfTwo
    else { throw MapError(.invalidAddress, at: range.start) }
    var rest = range
    while true {
      let hole = try space.firstHole(in: rest)
      if hole.isEmpty { throw MapError(.occupied, at: range.start) }
      let skipped = (0 &- hole.start.rawValue) & (alignment - 1)
      if skipped <= hole.size && hole.size - skipped >= size {
        unsafe address.pointee = hole.start.rawValue &+ skipped
        return FALLOW_DONE
      }
      let next = hole.start.rawValue &+ hole.size
      rest = VirtualRange(
        start: VirtualAddress(next),
        size: range.size &- (next &- range.start.rawValue))
    }
  } catch let refusal {
    return unsafe refusal.report(error)
  }
}

@c @implementation
func fallow_next_hole(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ hole: UInt64,
  _ alignment: UInt64, _ address: UnsafeMutablePointer<UInt64>?,
  _ error: CError?
) -> fallow_outcome {
  unsafe nextHole(
    kernelSpace(root), range(start, size), hole, alignment, given(address),
    error)
}

@c @implementation
func fallow_user_next_hole(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ hole: UInt64,
  _ alignment: UInt64, _ address: UnsafeMutablePointer<UInt64>?,
  _ error: CError?
) -> fallow_outcome {
  unsafe nextHole(
    userSpace(root), range(start, size), hole, alignment, given(address),
    error)
}
