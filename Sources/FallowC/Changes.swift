// SPDX-License-Identifier: Apache-2.0

// The functions have C's names; the compiler compares each with fallow.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Fallow
import FallowHeader

/// Changes what is mapped, and adds what devices may still hold to `stale`.
private func change<Half>(
  _ tables: CTree<Half>, _ range: VirtualRange, _ set: UInt32, _ clear: UInt32,
  _ stale: CStale?, _ error: CError?
) -> fallow_outcome {
  unsafe check(stale, of: tables.root)
  let clearing = LeafAttributes(ofC: clear)
  let unknown = clearing.subtracting(.all)
  var revoked = LeafAttributes.none
  let refusal =
    unknown == .none
    ? tables.protect(
      range, setting: LeafAttributes(ofC: set), clearing: clearing,
      revoked: &revoked)
    : MapError(.unsupportedAttributes, at: range.start, attributes: unknown)
  if revoked != .none { unsafe add(range, of: tables, to: stale) }
  return unsafe outcome(refusal, error)
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
    kernelSpace(root).tables, range(start, size), set, clear, stale, error)
}

@c @implementation
func fallow_user_change(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ set: UInt32,
  _ clear: UInt32, _ stale: CStale?, _ error: CError?
) -> fallow_outcome {
  unsafe change(
    userSpace(root).tables, range(start, size), set, clear, given(stale), error)
}

@c @implementation
func fallow_protect(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ attributes: UInt32,
  _ stale: CStale?, _ error: CError?
) -> fallow_outcome {
  unsafe change(
    kernelSpace(root).tables, range(start, size), attributes, allButUse, stale,
    error)
}

@c @implementation
func fallow_user_protect(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ attributes: UInt32,
  _ stale: CStale?, _ error: CError?
) -> fallow_outcome {
  unsafe change(
    userSpace(root).tables, range(start, size), attributes, allButUse,
    given(stale),
    error)
}
