// SPDX-License-Identifier: Apache-2.0

// The functions have C's names; the compiler compares each with fallow.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Fallow
import FallowHeader

private typealias CTranslation = UnsafeMutablePointer<fallow_translation>

@inline(__always)
private func store(
  _ found: Translation?, in translation: CTranslation
) -> Bool {
  guard let found else { return false }
  unsafe translation.pointee = fallow_translation(
    address: found.address.rawValue,
    attributes: UInt32(found.attributes.rawValue),
    level: UInt32(truncatingIfNeeded: found.level))
  return true
}

@c @implementation
func fallow_translate(
  _ root: UInt64, _ address: UInt64,
  _ translation: UnsafeMutablePointer<fallow_translation>?
) -> Bool {
  unsafe store(
    frequentKernelSpace(root).translate(VirtualAddress(address)),
    in: given(translation))
}

@c @implementation
func fallow_user_translate(
  _ root: UInt64, _ address: UInt64,
  _ translation: UnsafeMutablePointer<fallow_translation>?
) -> Bool {
  unsafe store(
    frequentUserSpace(root).translate(VirtualAddress(address)),
    in: given(translation))
}

private func walk(
  _ space: some AddressSpaceOperations<CFormat, CScheme>,
  _ range: VirtualRange, _ visitor: CVisitor, _ error: CError?
) -> fallow_outcome {
  var visitor = visitor
  do throws(MapError) {
    try space.walk(range, visiting: &visitor)
    return FALLOW_DONE
  } catch let refusal {
    return unsafe refusal.report(error)
  }
}

@c @implementation
func fallow_walk(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ visit: CVisit?,
  _ context: UnsafeMutableRawPointer?, _ error: CError?
) -> fallow_outcome {
  unsafe walk(
    kernelSpace(root), range(start, size), CVisitor(visit, context), error)
}

@c @implementation
func fallow_user_walk(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ visit: CVisit?,
  _ context: UnsafeMutableRawPointer?, _ error: CError?
) -> fallow_outcome {
  unsafe walk(
    userSpace(root), range(start, size), CVisitor(visit, context), error)
}

private func next(
  _ space: some AddressSpaceOperations<CFormat, CScheme>,
  _ range: VirtualRange, _ leaf: CLeaf, _ error: CError?
) -> fallow_outcome {
  do throws(MapError) {
    guard let found = try space.firstLeaf(in: range) else {
      throw MapError(.notMapped, at: range.start)
    }
    unsafe leaf.pointee = fallow_leaf(found)
    return FALLOW_DONE
  } catch let refusal {
    return unsafe refusal.report(error)
  }
}

@c @implementation
func fallow_next(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ leaf: CLeaf?,
  _ error: CError?
) -> fallow_outcome {
  unsafe next(kernelSpace(root), range(start, size), given(leaf), error)
}

@c @implementation
func fallow_user_next(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ leaf: CLeaf?,
  _ error: CError?
) -> fallow_outcome {
  unsafe next(userSpace(root), range(start, size), given(leaf), error)
}
