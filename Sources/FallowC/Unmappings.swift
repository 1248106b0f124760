// SPDX-License-Identifier: Apache-2.0

// The functions have C's names; the compiler compares each with fallow.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Fallow
import FallowHeader

@c @implementation
func fallow_unmap(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ stale: CStale?,
  _ error: CError?
) -> fallow_outcome {
  let tables = frequentKernelSpace(root).tables
  let range = range(start, size)
  unsafe check(stale, of: tables.root)
  if let refusal = tables.unmap(range) {
    return unsafe refusal.report(error)
  }
  unsafe add(range, of: tables, to: stale)
  return FALLOW_DONE
}

@c @implementation
func fallow_unmap_visiting(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ visit: CVisit?,
  _ context: UnsafeMutableRawPointer?, _ stale: CStale?, _ error: CError?
) -> fallow_outcome {
  let space = kernelSpace(root)
  let range = range(start, size)
  var visitor = unsafe CVisitor(visit, context)
  unsafe check(stale, of: space.root)
  do throws(MapError) {
    try space.unmap(range, visiting: &visitor)
  } catch let refusal {
    return unsafe refusal.report(error)
  }
  unsafe add(range, of: space.tables, to: stale)
  return FALLOW_DONE
}

@c @implementation
func fallow_user_unmap(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ stale: CStale?,
  _ error: CError?
) -> fallow_outcome {
  let tables = frequentUserSpace(root).tables
  let stale = unsafe given(stale)
  unsafe check(stale, of: tables.root)
  var unmapped = CStaleRange(on: CPlatform())
  let range = range(start, size)
  let refusal =
    tables.unmapInPlace(range, into: &unmapped)
    ? nil : tables.unmap(range, into: &unmapped)
  unsafe add(unmapped, to: stale)
  return unsafe outcome(refusal, error)
}

@c @implementation
func fallow_user_unmap_visiting(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ visit: CVisit?,
  _ context: UnsafeMutableRawPointer?, _ stale: CStale?, _ error: CError?
) -> fallow_outcome {
  let space = userSpace(root)
  let stale = unsafe given(stale)
  var visitor = unsafe CVisitor(visit, context)
  unsafe check(stale, of: space.root)
  var unmapped = CStaleRange(on: CPlatform())
  var outcome = FALLOW_DONE
  do throws(MapError) {
    try space.unmap(
      range(start, size), into: &unmapped, visiting: &visitor)
  } catch let refusal {
    outcome = unsafe refusal.report(error)
  }
  unsafe add(unmapped, to: stale)
  return outcome
}
