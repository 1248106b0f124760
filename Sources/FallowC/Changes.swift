// SPDX-License-Identifier: Apache-2.0

// The functions have C's names; the compiler compares each with fallow.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Fallow
import FallowHeader

/// Changes what is mapped, and adds what devices may still hold to `stale`.
@inline(__always)
private func change<Half>(
  _ tables: CTree<Half>, _ range: VirtualRange, _ set: UInt32,
  _ clearing: LeafAttributes, _ stale: CStale?, _ error: CError?
) -> fallow_outcome {
  unsafe check(stale, of: tables.root)
  var revoked = LeafAttributes.none
  let refusal = tables.protectPageOrRange(
    range, setting: LeafAttributes(ofC: set), clearing: clearing,
    revoked: &revoked)
  if revoked != .none { unsafe add(range, of: tables, to: stale) }
  return unsafe outcome(refusal, error)
}

/// Refuses attributes to clear that no leaf has.
func refuse(
  _ unknown: LeafAttributes, _ start: UInt64, _ error: CError?
) -> fallow_outcome {
  let refusal = MapError(
    .unsupportedAttributes, at: VirtualAddress(start), attributes: unknown)
  return unsafe refusal.report(error)
}

/// Every attribute but those that walkers write.
private var allButUse: LeafAttributes {
  LeafAttributes.all.subtracting(.walkerWritten)
}

// Out of line with C's arguments in their order, so that each function below is
// little more than a jump.

@inline(never)
private func changeKernel(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ set: UInt32,
  _ clearing: LeafAttributes, _ stale: CStale?, _ error: CError?
) -> fallow_outcome {
  unsafe change(
    frequentKernelSpace(root).tables, range(start, size), set, clearing, stale,
    error)
}

@inline(never)
func changeUser(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ set: UInt32,
  _ clearing: LeafAttributes, _ stale: CStale?, _ error: CError?
) -> fallow_outcome {
  unsafe change(
    frequentUserSpace(root).tables, range(start, size), set, clearing,
    given(stale), error)
}

@c @implementation
func fallow_change(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ set: UInt32,
  _ clear: UInt32, _ stale: CStale?, _ error: CError?
) -> fallow_outcome {
  let clearing = LeafAttributes(ofC: clear)
  let unknown = clearing.subtracting(.all)
  if unknown != .none {
    unsafe check(stale, of: kernelSpace(root).tables.root)
    return unsafe refuse(unknown, start, error)
  }
  return unsafe changeKernel(root, start, size, set, clearing, stale, error)
}

@c @implementation
func fallow_user_change(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ set: UInt32,
  _ clear: UInt32, _ stale: CStale?, _ error: CError?
) -> fallow_outcome {
  let clearing = LeafAttributes(ofC: clear)
  let unknown = clearing.subtracting(.all)
  if unknown != .none {
    unsafe check(given(stale), of: userSpace(root).tables.root)
    return unsafe refuse(unknown, start, error)
  }
  return unsafe changeUser(root, start, size, set, clearing, stale, error)
}

@c @implementation
func fallow_protect(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ attributes: UInt32,
  _ stale: CStale?, _ error: CError?
) -> fallow_outcome {
  unsafe changeKernel(root, start, size, attributes, allButUse, stale, error)
}

@c @implementation
func fallow_user_protect(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ attributes: UInt32,
  _ stale: CStale?, _ error: CError?
) -> fallow_outcome {
  unsafe changeUser(root, start, size, attributes, allButUse, stale, error)
}
