// SPDX-License-Identifier: Apache-2.0

// The functions have C's names; the compiler compares each with fallow.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Fallow
import FallowHeader

private func split(
  _ space: some AddressSpaceOperations<CFormat, CScheme>, _ address: UInt64,
  _ atLevel: UInt32, _ breaks: Bool, _ error: CError?
) -> fallow_outcome {
  do throws(MapError) {
    try space.split(
      at: VirtualAddress(address), level: level(atLevel), breaks: breaks)
    return FALLOW_DONE
  } catch let refusal {
    return unsafe refusal.report(error)
  }
}

@c @implementation
func fallow_split(
  _ root: UInt64, _ address: UInt64, _ level: UInt32, _ breaks: Bool,
  _ error: CError?
) -> fallow_outcome {
  unsafe split(kernelSpace(root), address, level, breaks, error)
}

@c @implementation
func fallow_user_split(
  _ root: UInt64, _ address: UInt64, _ level: UInt32, _ breaks: Bool,
  _ error: CError?
) -> fallow_outcome {
  unsafe split(userSpace(root), address, level, breaks, error)
}

@c @implementation
func fallow_collapse(
  _ root: UInt64, _ address: UInt64, _ atLevel: UInt32, _ breaks: Bool,
  _ error: CError?
) -> fallow_outcome {
  do throws(MapError) {
    try kernelSpace(root).collapse(
      at: VirtualAddress(address), level: level(atLevel), breaks: breaks)
    return FALLOW_DONE
  } catch let refusal {
    return unsafe refusal.report(error)
  }
}

@c @implementation
func fallow_user_collapse(
  _ root: UInt64, _ address: UInt64, _ atLevel: UInt32, _ breaks: Bool,
  _ stale: CStale?, _ error: CError?
) -> fallow_outcome {
  let space = userSpace(root)
  let stale = unsafe given(stale)
  unsafe check(stale, of: space.root)
  var replaced = CStaleRange(on: CPlatform())
  var outcome = FALLOW_DONE
  do throws(MapError) {
    try space.collapse(
      at: VirtualAddress(address), level: level(atLevel), breaks: breaks,
      into: &replaced)
  } catch let refusal {
    outcome = unsafe refusal.report(error)
  }
  unsafe add(replaced, to: stale)
  return outcome
}
