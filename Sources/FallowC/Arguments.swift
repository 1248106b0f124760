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
  if unsafe !machine.isStarted { stopBeforeStart() }
}

@inline(never)
private func stopBeforeStart() -> Never { stop(FALLOW_NOT_STARTED) }

/// The frame with that number; one that has no descriptor is a fault.
///
/// Before the start no frame has one.
@inline(__always)
func frame(_ number: UInt64) -> FrameNumber {
  let frame = FrameNumber(number)
  guard unsafe machine.directMap.descriptors.contains(frame) else {
    stopWithoutDescriptor(frame)
  }
  return frame
}

@inline(never)
private func stopWithoutDescriptor(_ frame: FrameNumber) -> Never {
  requireStart()
  CPlatform().fault(.outOfRange, at: frame)
}

/// The space with that root; a frame that is not a kernel root is a fault.
func kernelSpace(_ root: UInt64) -> CKernelSpace {
  requireKernelRoot(root)
  return CKernelSpace(
    tables: CTree(
      scheme: CScheme(), root: FrameNumber(root), emptyTables: .free))
}

/// The space with that root; a frame that is not a user root is a fault.
func userSpace(_ root: UInt64) -> CUserSpace {
  requireUserRoot(root)
  return CUserSpace(
    tables: CTree(
      scheme: CScheme(), root: FrameNumber(root), emptyTables: .free))
}

@inline(never)
private func requireKernelRoot(_ root: UInt64) {
  _ = frequentKernelSpace(root)
}

@inline(never)
private func requireUserRoot(_ root: UInt64) {
  _ = frequentUserSpace(root)
}

/// As ``kernelSpace(_:)``, checked in line: for the functions that a kernel calls
/// for each page.
@inline(__always)
func frequentKernelSpace(_ root: UInt64) -> CKernelSpace {
  CKernelSpace(tables: CTree(of: frame(root), scheme: CScheme()))
}

/// As ``userSpace(_:)``, checked in line: for the functions that a kernel calls
/// for each page.
@inline(__always)
func frequentUserSpace(_ root: UInt64) -> CUserSpace {
  CUserSpace(tables: CTree(of: frame(root), scheme: CScheme()))
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
