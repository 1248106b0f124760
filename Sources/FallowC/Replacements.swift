// The functions have C's names; the compiler compares each with fallow.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Fallow
import FallowHeader

private func remap(
  _ space: some AddressSpaceOperations<CFormat, CScheme>, _ address: UInt64,
  _ atLevel: UInt32, _ target: UInt64, _ attributes: UInt32, _ breaks: Bool,
  _ old: CLeaf, _ stale: CStale?, _ error: CError?
) -> fallow_outcome {
  unsafe gather(stale, of: space.root, error) { (gathered) throws(MapError) in
    var replaced: MappedLeaf?
    gathered.merge(
      try space.remap(
        VirtualAddress(address), level: level(atLevel),
        to: PhysicalAddress(target),
        attributes: LeafAttributes(ofC: attributes),
        breaks: breaks, replaced: &replaced))
    if let replaced { unsafe old.pointee = fallow_leaf(replaced) }
  }
}

@c @implementation
func fallow_remap(
  _ root: UInt64, _ address: UInt64, _ level: UInt32, _ target: UInt64,
  _ attributes: UInt32, _ breaks: Bool, _ old: CLeaf?, _ stale: CStale?,
  _ error: CError?
) -> fallow_outcome {
  unsafe remap(
    kernelSpace(root), address, level, target, attributes, breaks, given(old),
    stale, error)
}

@c @implementation
func fallow_user_remap(
  _ root: UInt64, _ address: UInt64, _ level: UInt32, _ target: UInt64,
  _ attributes: UInt32, _ breaks: Bool, _ old: CLeaf?, _ stale: CStale?,
  _ error: CError?
) -> fallow_outcome {
  unsafe remap(
    userSpace(root), address, level, target, attributes, breaks, given(old),
    given(stale), error)
}

private func harvest(
  _ space: some AddressSpaceOperations<CFormat, CScheme>,
  _ range: VirtualRange, _ bits: UInt32, _ visitor: CVisitor, _ stale: CStale?,
  _ error: CError?
) -> fallow_outcome {
  var visitor = visitor
  return unsafe gather(stale, of: space.root, error) {
    (gathered) throws(MapError) in
    gathered.merge(
      try space.harvest(
        range, bits: LeafAttributes(ofC: bits), visiting: &visitor))
  }
}

@c @implementation
func fallow_harvest(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ bits: UInt32,
  _ visit: CVisit?, _ context: UnsafeMutableRawPointer?, _ stale: CStale?,
  _ error: CError?
) -> fallow_outcome {
  unsafe harvest(
    kernelSpace(root), range(start, size), bits, CVisitor(visit, context),
    stale, error)
}

@c @implementation
func fallow_user_harvest(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ bits: UInt32,
  _ visit: CVisit?, _ context: UnsafeMutableRawPointer?, _ stale: CStale?,
  _ error: CError?
) -> fallow_outcome {
  unsafe harvest(
    userSpace(root), range(start, size), bits, CVisitor(visit, context),
    given(stale), error)
}
