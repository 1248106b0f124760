// SPDX-License-Identifier: Apache-2.0

import Fallow

/// What the library must not refuse: the program ends if it does.
extension KernelSpace {
  static func make(_ scheme: Scheme) -> Self {
    do throws(MapError) {
      return try Self(scheme)
    } catch {
      fatalError("no frames")
    }
  }

  @inline(__always)
  func mustMap(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int = Self.maxLeafLevel
  ) {
    do throws(MapError) {
      try map(
        range, to: address, attributes: attributes, maxLeafLevel: maxLeafLevel)
    } catch {
      fatalError("not mapped")
    }
  }

  @inline(__always)
  func mustMapCollapsing(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes
  ) {
    do throws(MapError) {
      try mapCollapsing(range, to: address, attributes: attributes)
    } catch {
      fatalError("not mapped")
    }
  }

  @inline(__always)
  func mustUnmap(_ range: VirtualRange) {
    do throws(MapError) {
      try unmap(range)
    } catch {
      fatalError("not unmapped")
    }
  }

  @inline(__always)
  func mustUnmap<Visitor: LeafVisitor>(
    _ range: VirtualRange, visiting visitor: inout Visitor
  ) {
    do throws(MapError) {
      try unmap(range, visiting: &visitor)
    } catch {
      fatalError("not unmapped")
    }
  }

  func mustUnmap(
    _ range: VirtualRange, into tables: inout UnlinkedTables<P, KernelHalf>
  ) {
    do throws(MapError) {
      try unmap(range, into: &tables)
    } catch {
      fatalError("not unmapped")
    }
  }

  /// Protects a range and adds what is stale to `gather`.
  @inline(__always)
  func mustProtect(
    _ range: VirtualRange, setting: LeafAttributes = .none,
    clearing: LeafAttributes = .none, into gather: inout StaleRange<P>
  ) {
    do throws(MapError) {
      gather.merge(
        try protect(range, setting: setting, clearing: clearing))
    } catch {
      fatalError("not protected")
    }
  }

  @inline(__always)
  func mustWalk<Visitor: LeafVisitor>(
    _ range: VirtualRange, visiting visitor: inout Visitor
  ) {
    do throws(MapError) {
      try walk(range, visiting: &visitor)
    } catch {
      fatalError("not walked")
    }
  }

  /// Maps a list of pages.
  @inline(__always)
  func mustMap(
    _ start: VirtualAddress,
    to frames: UnsafeMutableBufferPointer<FrameNumber>,
    attributes: LeafAttributes = .writable
  ) {
    do throws(MapError) {
      try map(start, to: unsafe frames.span, attributes: attributes)
    } catch {
      fatalError("not mapped")
    }
  }
}
