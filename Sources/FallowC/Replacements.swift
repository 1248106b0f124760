// SPDX-License-Identifier: Apache-2.0

// The functions have C's names; the compiler compares each with fallow.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Fallow
import FallowHeader

private func remap<Half>(
  _ tables: CTree<Half>, _ address: UInt64, _ atLevel: UInt32,
  _ target: UInt64, _ attributes: UInt32, _ breaks: Bool, _ old: CLeaf,
  _ stale: CStale?, _ error: CError?
) -> fallow_outcome {
  unsafe check(stale, of: tables.root)
  var replaced: MappedLeaf?
  let refusal = tables.remap(
    VirtualAddress(address), level: level(atLevel),
    to: PhysicalAddress(target), attributes: LeafAttributes(ofC: attributes),
    breaks: breaks, replaced: &replaced)
  if let replaced {
    unsafe old.pointee = fallow_leaf(replaced)
    unsafe add(replaced.range, of: tables, to: stale)
  }
  return unsafe outcome(refusal, error)
}

@c @implementation
func fallow_remap(
  _ root: UInt64, _ address: UInt64, _ level: UInt32, _ target: UInt64,
  _ attributes: UInt32, _ breaks: Bool, _ old: CLeaf?, _ stale: CStale?,
  _ error: CError?
) -> fallow_outcome {
  unsafe remap(
    kernelSpace(root).tables, address, level, target, attributes, breaks,
    given(old),
    stale, error)
}

@c @implementation
func fallow_user_remap(
  _ root: UInt64, _ address: UInt64, _ level: UInt32, _ target: UInt64,
  _ attributes: UInt32, _ breaks: Bool, _ old: CLeaf?, _ stale: CStale?,
  _ error: CError?
) -> fallow_outcome {
  unsafe remap(
    userSpace(root).tables, address, level, target, attributes, breaks,
    given(old),
    given(stale), error)
}

private func harvest<Half>(
  _ tables: CTree<Half>, _ range: VirtualRange, _ bits: UInt32,
  _ visitor: CVisitor, _ stale: CStale?, _ error: CError?
) -> fallow_outcome {
  var visitor = visitor
  var taken = LeafAttributes.none
  unsafe check(stale, of: tables.root)
  let refusal = tables.harvest(
    range, bits: LeafAttributes(ofC: bits), visiting: &visitor, taken: &taken)
  if taken != .none { unsafe add(range, of: tables, to: stale) }
  return unsafe outcome(refusal, error)
}

@c @implementation
func fallow_harvest(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ bits: UInt32,
  _ visit: CVisit?, _ context: UnsafeMutableRawPointer?, _ stale: CStale?,
  _ error: CError?
) -> fallow_outcome {
  unsafe harvest(
    kernelSpace(root).tables, range(start, size), bits,
    CVisitor(visit, context),
    stale, error)
}

@c @implementation
func fallow_user_harvest(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ bits: UInt32,
  _ visit: CVisit?, _ context: UnsafeMutableRawPointer?, _ stale: CStale?,
  _ error: CError?
) -> fallow_outcome {
  unsafe harvest(
    userSpace(root).tables, range(start, size), bits, CVisitor(visit, context),
    given(stale), error)
}
