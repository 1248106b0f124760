// The functions have C's names; the compiler compares each with fallow.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Fallow
import FallowHeader

/// Changes what is mapped, and adds what devices may still hold to `stale`.
private func change(
  _ space: some AddressSpaceOperations<CFormat, CScheme>,
  _ range: VirtualRange, _ set: UInt32, _ clear: UInt32, _ stale: CStale?,
  _ error: CError?
) -> fallow_outcome {
  unsafe gather(stale, of: space.root, error) { (gathered) throws(MapError) in
    let clearing = LeafAttributes(ofC: clear)
    let unknown = clearing.subtracting(.all)
    if unknown != .none {
      throw MapError(
        .unsupportedAttributes, at: range.start, attributes: unknown)
    }
    gathered.merge(
      try space.protect(
        range, setting: LeafAttributes(ofC: set), clearing: clearing))
  }
}

/// Every attribute but those that walkers write.
private var allButUse: UInt32 {
  UInt32(LeafAttributes.all.subtracting(.walkerWritten).rawValue)
}

@c @implementation
func fallow_change(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ set: UInt32,
  _ clear: UInt32, _ stale: CStale?, _ error: CError?
) -> fallow_outcome {
  unsafe change(
    kernelSpace(root), range(start, size), set, clear, stale, error)
}

@c @implementation
func fallow_user_change(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ set: UInt32,
  _ clear: UInt32, _ stale: CStale?, _ error: CError?
) -> fallow_outcome {
  unsafe change(
    userSpace(root), range(start, size), set, clear, given(stale), error)
}

@c @implementation
func fallow_protect(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ attributes: UInt32,
  _ stale: CStale?, _ error: CError?
) -> fallow_outcome {
  unsafe change(
    kernelSpace(root), range(start, size), attributes, allButUse, stale, error)
}

@c @implementation
func fallow_user_protect(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ attributes: UInt32,
  _ stale: CStale?, _ error: CError?
) -> fallow_outcome {
  unsafe change(
    userSpace(root), range(start, size), attributes, allButUse, given(stale),
    error)
}
