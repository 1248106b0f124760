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
  ///
  /// What a turn does is out of line, so that only what is kept between turns is
  /// on the stack below a map.
  @inline(__always)
  func run(
    _ range: VirtualRange, into stale: CStale, shown visitor: CVisitor?
  ) throws(MapError) {
    try check(range)
    var leaves = parent.tables.leaves(in: range)
    var writable = VirtualRange(start: range.start, size: 0)
    while let leaf = leaves.next() {
      guard range.contains(leaf.range.start), range.contains(leaf.range.last)
      else { throw MapError(.partialLeaf, at: leaf.range.start) }
      let isWritable = leaf.attributes.contains(.writable)
      do throws(MapError) {
        try map(leaf, copied(leaf.attributes, isWritable))
      } catch let refusal {
        unsafe try narrow(writable, into: stale)
        throw refusal
      }
      visitor?.visit(leaf)
      guard isWritable else { continue }
      if writable.start + writable.size != leaf.range.start {
        unsafe try narrow(writable, into: stale)
        writable = VirtualRange(start: leaf.range.start, size: 0)
      }
      writable.size += leaf.range.size
    }
    unsafe try narrow(writable, into: stale)
  }

  @inline(__always)
  private func map(
    _ leaf: MappedLeaf, _ attributes: LeafAttributes
  ) throws(MapError) {
    if mapInPlace(leaf, attributes) { return }
    let refusal = child.tables.keepingEmptyTables.mapGenerallyKeeping(
      leaf.range, to: leaf.address, attributes: attributes,
      maxLeafLevel: leaf.level)
    if let refusal { throw refusal }
  }

  /// Maps a page in a linked table; false if that cannot be done.
  @inline(never)
  private func mapInPlace(
    _ leaf: MappedLeaf, _ attributes: LeafAttributes
  ) -> Bool {
    child.tables.mapPageInPlace(
      leaf.range, to: leaf.address, attributes: attributes)
  }

  /// Refuses what no leaf can have, though no leaf may be there.
  @inline(never)
  private func check(_ range: VirtualRange) throws(MapError) {
    let unknown = clearing.subtracting(.all)
    if unknown != .none {
      throw MapError(
        .unsupportedAttributes, at: range.start, attributes: unknown)
    }
    var none = LeafAttributes.none
    if let refusal = parent.tables.refusal(of: range) { throw refusal }
    let refusal = parent.tables.protectPageOrRange(
      VirtualRange(start: range.start, size: 0), setting: setting,
      clearing: clearing, revoked: &none)
    if let refusal { throw refusal }
  }

  /// What the child's leaf allows: what it records begins with it, unless it is
  /// writable as it is.
  private func copied(
    _ attributes: LeafAttributes, _ isWritable: Bool
  ) -> LeafAttributes {
    let copied =
      isWritable ? attributes.subtracting(clearing) | setting : attributes
    return copied.contains(.writable) ? copied : copied.subtracting(.dirty)
  }

  @inline(never)
  private func narrow(
    _ range: VirtualRange, into stale: CStale
  ) throws(MapError) {
    if range.isEmpty { return }
    var revoked = LeafAttributes.none
    let refusal = parent.tables.protectPageOrRange(
      range, setting: setting, clearing: clearing, revoked: &revoked)
    if let refusal { throw refusal }
    if revoked != .none { unsafe add(range, of: parent.tables, to: stale) }
  }
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
  do throws(MapError) {
    unsafe try copy.run(range(start, size), into: stale, shown: visitor)
    return FALLOW_DONE
  } catch let refusal {
    return unsafe refusal.report(error)
  }
}
