// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowHeader

// What C hands in is checked before it is believed: a number that only a bug of
// the kernel can hand in is a fault, which does not return.

/// Raises a fault in the kernel, which names what it did wrong.
func stop(_ fault: fallow_fault, at frame: FrameNumber = .none) -> Never {
  fallow_kernel_fault(fault, frame.rawValue)
  fatalError("the kernel's fault handler returned")
}

@inline(__always)
func requireStart() {
  if unsafe started == nil { stop(FALLOW_NOT_STARTED) }
}

/// The frame with that number; one that has no descriptor is a fault.
@inline(__always)
func frame(_ number: UInt64) -> FrameNumber {
  let frame = FrameNumber(number)
  requireStart()
  guard machine.directMap.descriptors.contains(frame) else {
    CPlatform().fault(.outOfRange, at: frame)
  }
  return frame
}

/// The space with that root; a frame that is not a kernel root is a fault.
@inline(__always)
func kernelSpace(_ root: UInt64) -> CKernelSpace {
  CKernelSpace(of: frame(root), CScheme())
}

/// The space with that root; a frame that is not a user root is a fault.
@inline(__always)
func userSpace(_ root: UInt64) -> CUserSpace {
  CUserSpace(of: frame(root), CScheme())
}

/// The pointer; a null pointer is a fault.
@inline(__always)
func given<Pointee>(
  _ pointer: UnsafeMutablePointer<Pointee>?
) -> UnsafeMutablePointer<Pointee> {
  guard let pointer = unsafe pointer else { stop(FALLOW_NULL_POINTER) }
  return unsafe pointer
}

/// The range, for the library to check.
@inline(__always)
func range(_ start: UInt64, _ size: UInt64) -> VirtualRange {
  #if FALLOW_OWN_ROOTS
    // A half goes on after the top of the addresses, but no range does: one
    // that wraps is made larger than any half.
    let wraps = size > 0 && start &+ (size &- 1) < start
    return VirtualRange(
      start: VirtualAddress(start), size: wraps ? .max : size)
  #else
    return VirtualRange(start: VirtualAddress(start), size: size)
  #endif
}

/// A level; one that no format has stands for all that are too high.
func level(_ level: UInt32) -> Int { Int(min(level, 255)) }

extension LeafAttributes {
  /// The attributes that C handed in; what no attribute has a bit for is refused
  /// with the highest.
  @inline(__always)
  init(ofC attributes: UInt32) {
    let unknown: UInt16 = attributes >> 16 == 0 ? 0 : 1 << 15
    self.init(rawValue: UInt16(truncatingIfNeeded: attributes) | unknown)
  }
}
