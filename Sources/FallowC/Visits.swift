// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowHeader

typealias CVisit =
  @convention(c) (
    UnsafeMutableRawPointer?, UnsafePointer<fallow_leaf>?
  ) -> Void
typealias CLeaf = UnsafeMutablePointer<fallow_leaf>

/// Shows leaves to a function in C.
@safe
struct CVisitor: LeafVisitor {
  private let function: CVisit
  private let context: UnsafeMutableRawPointer?

  /// A null function is a fault.
  init(_ function: CVisit?, _ context: UnsafeMutableRawPointer?) {
    guard let function = unsafe function else { stop(FALLOW_NULL_POINTER) }
    unsafe self.function = unsafe function
    unsafe self.context = unsafe context
  }

  /// Out of line: what walks the tables keeps nothing of the leaf on its stack.
  @inline(never)
  func visit(_ entry: UInt64, level: Int, at address: VirtualAddress) {
    visit(
      fallow_leaf(
        start: address.rawValue, size: CFormat.span(of: level),
        address: CFormat.leafAddress(in: entry, level: level).rawValue,
        attributes: UInt32(
          CFormat.attributes(of: entry, level: level).rawValue),
        level: UInt32(truncatingIfNeeded: level)))
  }

  /// Out of line, as the other.
  @inline(never)
  func visit(_ leaf: MappedLeaf) { visit(fallow_leaf(leaf)) }

  private func visit(_ leaf: fallow_leaf) {
    var leaf = leaf
    unsafe withUnsafePointer(to: &leaf) { unsafe function(context, $0) }
  }
}

extension fallow_leaf {
  init(_ leaf: MappedLeaf) {
    self.init(
      start: leaf.range.start.rawValue, size: leaf.range.size,
      address: leaf.address.rawValue,
      attributes: UInt32(leaf.attributes.rawValue),
      level: UInt32(truncatingIfNeeded: leaf.level))
  }
}

extension MappedLeaf {
  /// The level of the leaf, which its size says.
  var level: Int {
    let shift = range.size.trailingZeroBitCount &- Int(FrameNumber.shift)
    return shift / CFormat.indexBits &+ 1
  }
}
