// SPDX-License-Identifier: Apache-2.0

// The functions have C's names; the compiler compares each with fallow.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Fallow
import FallowHeader

/// A fork: maps the leaves of one space in another, and narrows both.
private struct SpaceCopy {
  let parent: CUserSpace
  let child: CUserSpace
  /// What becomes of leaves that are writable.
  let setting: LeafAttributes
  let clearing: LeafAttributes

  /// Maps the leaves of a range in the child, and narrows the parent's: one
  /// change for each stretch of writable leaves, so one flush.
  ///
  /// The child's leaves lose nothing that a walker could hold, and the parent's
  /// are narrowed before the child runs, so what is copied is what was there.
  /// Where a leaf cannot be mapped, those before it are narrowed.
  ///
  /// What a turn does is out of line, so that only what is kept between turns is
  /// on the stack below a map.
  @inline(__always)
  func run(
    _ range: VirtualRange, into stale: CStale, shown visitor: CVisitor?,
    _ error: CError?
  ) -> fallow_outcome {
    var outcome = unsafe refuse(
      parent, range, setting: setting, clearing: clearing, error)
    var leaves = parent.tables.leaves(in: range)
    var writable = VirtualRange(start: range.start, size: 0)
    while outcome == FALLOW_DONE, let leaf = leaves.next() {
      outcome = unsafe map(leaf, copied(leaf.attributes), error)
      if outcome != FALLOW_DONE { break }
      visitor?.visit(leaf)
      guard leaf.attributes.contains(.writable) else { continue }
      if writable.start + writable.size != leaf.range.start {
        outcome = unsafe narrow(writable, into: stale, error)
        writable = VirtualRange(start: leaf.range.start, size: 0)
      }
      writable.size += leaf.range.size
    }
    let isDone = outcome == FALLOW_DONE
    let last = unsafe narrow(writable, into: stale, isDone ? error : nil)
    return isDone ? last : outcome
  }

  @inline(__always)
  private func map(
    _ leaf: MappedLeaf, _ attributes: LeafAttributes, _ error: CError?
  ) -> fallow_outcome {
    if mapInPlace(leaf.range, to: leaf.address, attributes, in: child) {
      return FALLOW_DONE
    }
    return unsafe outcome(
      child.tables.keepingEmptyTables.mapGenerallyKeeping(
        leaf.range, to: leaf.address, attributes: attributes,
        maxLeafLevel: leaf.level), error)
  }

  /// What the child's leaf allows: what it records begins with it, unless it is
  /// writable as it is.
  private func copied(_ attributes: LeafAttributes) -> LeafAttributes {
    let copied =
      attributes.contains(.writable)
      ? attributes.subtracting(clearing) | setting
      : attributes
    return copied.contains(.writable) ? copied : copied.subtracting(.dirty)
  }

  @inline(__always)
  private func narrow(
    _ range: VirtualRange, into stale: CStale, _ error: CError?
  ) -> fallow_outcome {
    if range.isEmpty { return FALLOW_DONE }
    return unsafe changeUser(
      parent.root.rawValue, range.start.rawValue, range.size,
      UInt32(setting.rawValue), clearing, stale, error)
  }
}

// Out of line, and no methods: a copy would have to be in memory for them.

/// Maps a page in a linked table; false if that cannot be done.
@inline(never)
private func mapInPlace(
  _ range: VirtualRange, to address: PhysicalAddress,
  _ attributes: LeafAttributes, in space: CUserSpace
) -> Bool {
  space.tables.mapPageInPlace(
    range, to: address, bits: UInt32(attributes.rawValue))
}

/// Refuses what no leaf can have, though no leaf may be there, and a leaf that
/// reaches out of the range.
@inline(never)
private func refuse(
  _ space: CUserSpace, _ range: VirtualRange, setting: LeafAttributes,
  clearing: LeafAttributes, _ error: CError?
) -> fallow_outcome {
  let unknown = clearing.subtracting(.all)
  if unknown != .none {
    return unsafe refuse(unknown, range.start.rawValue, error)
  }
  let refusal =
    space.tables.refusal(of: range)
    ?? space.tables.refusal(of: setting, at: range.start)
    ?? space.tables.partialLeaf(in: range)
  return unsafe outcome(refusal, error)
}

@c @implementation
func fallow_user_copy(
  _ parent: UInt64, _ child: UInt64, _ start: UInt64, _ size: UInt64,
  _ set: UInt32, _ clear: UInt32, _ visit: CVisit?,
  _ context: UnsafeMutableRawPointer?, _ stale: CStale?, _ error: CError?
) -> fallow_outcome {
  let copy = SpaceCopy(
    parent: userSpace(parent), child: userSpace(child),
    setting: LeafAttributes(ofC: set), clearing: LeafAttributes(ofC: clear))
  if copy.parent.root == copy.child.root {
    CPlatform().fault(.wrongSpace, at: copy.child.root)
  }
  let stale = unsafe given(stale)
  let visitor = unsafe visit == nil ? nil : CVisitor(visit, context)
  unsafe check(stale, of: copy.parent.root)
  return unsafe copy.run(range(start, size), into: stale, shown: visitor, error)
}
