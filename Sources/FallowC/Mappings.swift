// SPDX-License-Identifier: Apache-2.0

// The functions have C's names; the compiler compares each with fallow.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Fallow
import FallowHeader

@c @implementation
func fallow_map(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ address: UInt64,
  _ attributes: UInt32, _ error: CError?
) -> fallow_outcome {
  let tables = frequentKernelSpace(root).tables
  let range = range(start, size)
  let address = PhysicalAddress(address)
  if tables.mapPageInPlace(range, to: address, bits: attributes) {
    return FALLOW_DONE
  }
  let attributes = LeafAttributes(ofC: attributes)
  let stop = tables.mapPagesAtOnce(range, to: address, attributes: attributes)
  if let stop { return unsafe outcome(stop.pageError, error) }
  return unsafe outcome(
    tables.mapGenerally(range, to: address, attributes: attributes), error)
}

@c @implementation
func fallow_user_map(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ address: UInt64,
  _ attributes: UInt32, _ error: CError?
) -> fallow_outcome {
  let tables = frequentUserSpace(root).tables.keepingEmptyTables
  let range = range(start, size)
  let address = PhysicalAddress(address)
  if tables.mapPageInPlace(range, to: address, bits: attributes) {
    return FALLOW_DONE
  }
  let attributes = LeafAttributes(ofC: attributes)
  let stop = tables.mapPagesAtOnce(range, to: address, attributes: attributes)
  if let stop { return unsafe outcome(stop.pageError, error) }
  return unsafe outcome(
    tables.mapGenerallyKeeping(range, to: address, attributes: attributes),
    error)
}

@c @implementation
func fallow_map_at_most(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ address: UInt64,
  _ attributes: UInt32, _ maxLevel: UInt32, _ error: CError?
) -> fallow_outcome {
  // With a reservation of nothing, the general path: levels are a rare wish.
  var none = fallow_frames(library: 0)
  return unsafe fallow_map_reserved(
    root, start, size, address, attributes, maxLevel, &none, error)
}

@c @implementation
func fallow_user_map_at_most(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ address: UInt64,
  _ attributes: UInt32, _ maxLevel: UInt32, _ error: CError?
) -> fallow_outcome {
  var none = fallow_frames(library: 0)
  return unsafe fallow_user_map_reserved(
    root, start, size, address, attributes, maxLevel, &none, error)
}
