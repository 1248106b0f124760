// The functions have C's names; the compiler compares each with fallow.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Fallow
import FallowHeader

@c @implementation
func fallow_unmap(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ stale: CStale?,
  _ error: CError?
) -> fallow_outcome {
  let space = kernelSpace(root)
  return unsafe gather(stale, of: space.root, error) {
    (gathered) throws(MapError) in
    try space.unmap(range(start, size))
    gathered.merge(space.stale(range(start, size)))
  }
}

@c @implementation
func fallow_unmap_visiting(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ visit: CVisit?,
  _ context: UnsafeMutableRawPointer?, _ stale: CStale?, _ error: CError?
) -> fallow_outcome {
  let space = kernelSpace(root)
  var visitor = unsafe CVisitor(visit, context)
  return unsafe gather(stale, of: space.root, error) {
    (gathered) throws(MapError) in
    try space.unmap(range(start, size), visiting: &visitor)
    gathered.merge(space.stale(range(start, size)))
  }
}

@c @implementation
func fallow_user_unmap(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ stale: CStale?,
  _ error: CError?
) -> fallow_outcome {
  let space = userSpace(root)
  return unsafe gather(given(stale), of: space.root, error) {
    (gathered) throws(MapError) in
    gathered.merge(try space.unmap(range(start, size)))
  }
}

@c @implementation
func fallow_user_unmap_visiting(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ visit: CVisit?,
  _ context: UnsafeMutableRawPointer?, _ stale: CStale?, _ error: CError?
) -> fallow_outcome {
  let space = userSpace(root)
  var visitor = unsafe CVisitor(visit, context)
  return unsafe gather(given(stale), of: space.root, error) {
    (gathered) throws(MapError) in
    try space.unmap(range(start, size), into: &gathered, visiting: &visitor)
  }
}
