// SPDX-License-Identifier: Apache-2.0

/// Mapping pages to a list of frames, and taking the frames back.
extension AddressSpace where Half == KernelHalf {
  /// Maps pages from `start` on, the first to the first frame and so on.
  ///
  /// Sleeps where the scheme's limit is reached.
  ///
  /// - Returns: Why it stopped, or nil, as of
  ///   ``map(_:to:attributes:maxLeafLevel:)``; a frame that the CPUs cannot
  ///   reach is refused with nothing changed.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  package func map(
    _ start: VirtualAddress, to frames: Span<FrameNumber>,
    attributes: LeafAttributes
  ) throws(P.Interruption) -> MapError? {
    if let error = refusal(of: start, to: frames, attributes: attributes) {
      return error
    }
    return try unsafe frames.withUnsafeBufferPointer {
      (list) throws(P.Interruption) in
      var done = 0
      while done < list.count {
        let pages = unsafe pages(
          of: list, from: done, at: start, attributes: attributes)
        if let error = try mapPages(pages) { return error }
        done &+= pages.count
      }
      return nil
    }
  }
}

extension AddressSpace where Half == UserHalf {
  /// Maps pages from `start` on, the first to the first frame and so on.
  ///
  /// Sleeps where the scheme's limit is reached. Tables that this call made and
  /// could not use after all are added to `unlinked`.
  ///
  /// - Returns: Why it stopped, or nil, as of the kernel half's.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  package func map(
    _ start: VirtualAddress, to frames: Span<FrameNumber>,
    attributes: LeafAttributes, into unlinked: inout UnlinkedTables<P, Half>
  ) throws(P.Interruption) -> MapError? {
    if let error = refusal(of: start, to: frames, attributes: attributes) {
      return error
    }
    try scheme.makeRoom()
    return try unsafe frames.withUnsafeBufferPointer {
      (list) throws(P.Interruption) in
      var done = 0
      while done < list.count {
        let pages = unsafe pages(
          of: list, from: done, at: start, attributes: attributes)
        if let error = try mapPages(pages, into: &unlinked) { return error }
        done &+= pages.count
      }
      return nil
    }
  }

  /// Maps pages to a list of frames, on a space that keeps empty tables: none is
  /// unlinked.
  @inlinable
  package func map(
    _ start: VirtualAddress, to frames: Span<FrameNumber>,
    attributes: LeafAttributes
  ) throws(P.Interruption) -> MapError? {
    var none = UnlinkedTables<P, UserHalf>(on: platform)
    defer { none.forget() }
    return try map(start, to: frames, attributes: attributes, into: &none)
  }
}

extension AddressSpace {
  /// The pages of one table, from the one at `done` of the list on.
  @inlinable
  @inline(__always)
  @unsafe
  func pages(
    of list: UnsafeBufferPointer<FrameNumber>, from done: Int,
    at start: VirtualAddress, attributes: LeafAttributes
  ) -> PageList<Format> {
    let at = start + Format.size(of: done, level: 1)
    return unsafe PageList(
      start: at,
      count: Self.entriesCovered(
        at: at, size: Format.size(of: list.count &- done, level: 1), level: 1),
      attributes: completed(attributes),
      frames: list.baseAddress.unsafelyUnwrapped + done)
  }

  /// Refuses a list that cannot be mapped, whatever the tables hold.
  @inlinable
  func refusal(
    of start: VirtualAddress, to frames: Span<FrameNumber>,
    attributes: LeafAttributes
  ) -> MapError? {
    let range = VirtualRange(
      start: start, size: Format.size(of: frames.count, level: 1))
    if let error = refusal(of: range) ?? refusal(of: attributes, at: start) {
      return error
    }
    // One look at all of them; which it is matters only if one is refused.
    let refused = ~(physicalLimit &>> FrameNumber.shift &- 1)
    var all: UInt64 = 0
    for index in frames.indices {
      all |= unsafe frames[unchecked: index].rawValue
    }
    if all & refused == 0 { return nil }
    var index = 0
    while frames[index].rawValue & refused == 0 { index &+= 1 }
    return MapError(
      .invalidAddress, at: start + Format.size(of: index, level: 1))
  }

  /// Unmaps pages from `start` on, as many as `frames` has places, and writes
  /// into each place the frame that its page led to, or none.
  ///
  /// The CPUs have flushed the range when it returns.
  ///
  /// - Returns: Why it is refused, or nil, as of ``unmap(_:into:visiting:)``;
  ///   then nothing has changed, and every place holds none.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  package func unmap(
    _ start: VirtualAddress, to frames: inout MutableSpan<FrameNumber>,
    into unlinked: inout UnlinkedTables<P, Half>
  ) throws(P.Interruption) -> MapError? {
    try unsafe frames.withUnsafeMutableBufferPointer {
      (list) throws(P.Interruption) in
      unsafe list.update(repeating: .none)
      var visitor = unsafe FrameCollector<Format>(start: start, list: list)
      return try unmap(
        VirtualRange(
          start: start, size: Format.size(of: list.count, level: 1)),
        into: &unlinked, visiting: &visitor)
    }
  }
}

/// Writes the frames of the leaves that it is shown into a list.
@frozen
@usableFromInline
@safe
struct FrameCollector<Format: PageTableFormat>: LeafVisitor {
  @usableFromInline let start: VirtualAddress
  @usableFromInline let list: UnsafeMutableBufferPointer<FrameNumber>

  @inlinable
  @unsafe
  init(
    start: VirtualAddress, list: UnsafeMutableBufferPointer<FrameNumber>
  ) {
    self.start = start
    unsafe self.list = list
  }

  @inlinable
  mutating func visit(_ entry: UInt64, level: Int, at address: VirtualAddress) {
    let first = FrameNumber(
      containing: Format.leafAddress(in: entry, level: level))
    let pages = Int(
      truncatingIfNeeded: Format.span(of: level) &>> FrameNumber.shift)
    let place = Int(
      truncatingIfNeeded: (address.rawValue &- start.rawValue)
        &>> FrameNumber.shift)
    for index in 0..<pages {
      unsafe list[place &+ index] = FrameNumber(
        first.rawValue &+ UInt64(truncatingIfNeeded: index))
    }
  }
}
