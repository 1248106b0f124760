// SPDX-License-Identifier: Apache-2.0

extension AddressSpace where Half == UserHalf {
  /// Maps `range` to the physical addresses from `address` on, like the
  /// kernel's space does, except that a table never makes way: user tables are
  /// the caller's to invalidate.
  ///
  /// Detach it first.
  ///
  /// Tables that this call made and could not use after all are added to
  /// `unlinked`.
  ///
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  package func map(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int = Self.maxLeafLevel,
    into unlinked: inout UnlinkedTables<P, Half>
  ) throws(P.Interruption) -> MapError? {
    if try mapLeafInPlace(
      range, to: address, attributes: attributes, maxLeafLevel: maxLeafLevel)
      != .notMapped
    {
      return nil
    }
    if let stop = try mapInLinkedTable(
      range, to: address,
      pageEntry: pageEntry(attributes: attributes, maxLeafLevel: maxLeafLevel))
    {
      return stop.pageError
    }
    return try mapGenerally(
      range, to: address, attributes: attributes, maxLeafLevel: maxLeafLevel,
      into: &unlinked)
  }

  /// Maps a range, on a space that keeps empty tables: none is unlinked.
  ///
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  @inline(__always)
  package func mapKeeping(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int = Self.maxLeafLevel
  ) throws(P.Interruption) -> MapError? {
    if try mapLeafInPlace(
      range, to: address, attributes: attributes, maxLeafLevel: maxLeafLevel)
      != .notMapped
    {
      return nil
    }
    return try mapRangeKeeping(
      range, to: address, attributes: attributes, maxLeafLevel: maxLeafLevel,
      pageEntry: pageEntry(attributes: attributes, maxLeafLevel: maxLeafLevel))
  }

  /// Maps any range, on a space that keeps empty tables: at once if it is a run
  /// of pages in one table.
  ///
  /// - Parameter pageEntry: What
  ///   ``pageEntry(attributes:maxLeafLevel:)`` returns.
  @inlinable
  @inline(never)
  func mapRangeKeeping(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int, pageEntry: UInt64
  ) throws(P.Interruption) -> MapError? {
    if let stop = try mapInLinkedTable(
      range, to: address, pageEntry: pageEntry)
    {
      return stop.pageError
    }
    return try mapGenerallyKeeping(
      range, to: address, attributes: attributes, maxLeafLevel: maxLeafLevel)
  }

  /// Maps a run of pages in its table; nil if it is none, or that cannot be done:
  /// then nothing has changed.
  ///
  /// For callers whose attributes are not constants: out of line with all its
  /// checks.
  @inlinable
  @inline(never)
  package func mapPagesAtOnce(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes
  ) throws(P.Interruption) -> MapStop? {
    try mapInLinkedTable(
      range, to: address,
      pageEntry: pageEntry(
        attributes: attributes, maxLeafLevel: Self.maxLeafLevel))
  }

  /// Maps any range, on a space that keeps empty tables: none is unlinked.
  @inlinable
  @inline(never)
  package func mapGenerallyKeeping(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int = Self.maxLeafLevel
  ) throws(P.Interruption) -> MapError? {
    var none = UnlinkedTables<P, UserHalf>(on: platform)
    defer { none.forget() }
    return try mapGenerally(
      range, to: address, attributes: attributes, maxLeafLevel: maxLeafLevel,
      into: &none)
  }

  /// Writes a run of pages into their table, if it is linked and its first entry
  /// is free; nil if not, or if the range is no such run: then nothing has
  /// changed.
  ///
  /// - Parameter pageEntry: What
  ///   ``pageEntry(attributes:maxLeafLevel:)`` returns.
  @inlinable
  @inline(__always)
  func mapInLinkedTable(
    _ range: VirtualRange, to address: PhysicalAddress, pageEntry: UInt64
  ) throws(P.Interruption) -> MapStop? {
    guard pageEntry != 0,
      let run = pageRun(range, to: address, entry: pageEntry)
    else {
      return nil
    }
    try platform.enterReadSection()
    let place = try descend(to: run.start, level: 1)
    if place.level == 1 { return try write(run, at: place) }
    try platform.leaveReadSection()
    return nil
  }

  /// Maps any range, without a reservation.
  @inlinable
  @inline(__always)
  func mapGenerally(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int,
    into unlinked: inout UnlinkedTables<P, Half>
  ) throws(P.Interruption) -> MapError? {
    if let error = refusal(
      of: range, to: address, attributes: attributes,
      maxLeafLevel: maxLeafLevel)
    {
      return error
    }
    try scheme.makeRoom()
    return try ReservedFrames.none(on: platform) {
      (none) throws(P.Interruption) in
      try mapOnce(
        range, to: address, attributes: attributes,
        maxLeafLevel: maxLeafLevel, into: &unlinked, from: &none)
    }
  }

  /// Maps `range` like ``map(_:to:attributes:maxLeafLevel:into:)``, with the
  /// frames of `reserved` for its tables.
  ///
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  package func map(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int = Self.maxLeafLevel,
    into unlinked: inout UnlinkedTables<P, Half>,
    from reserved: inout ReservedFrames<P>
  ) throws(P.Interruption) -> MapError? {
    if let error = refusal(
      of: range, to: address, attributes: attributes,
      maxLeafLevel: maxLeafLevel)
    {
      return error
    }
    return try mapOnce(
      range, to: address, attributes: attributes,
      maxLeafLevel: maxLeafLevel, into: &unlinked, from: &reserved)
  }

  /// Maps any valid range up to the first table that stands where a leaf should
  /// go.
  @inlinable
  func mapOnce(
    _ range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int,
    into unlinked: inout UnlinkedTables<P, Half>,
    from reserved: inout ReservedFrames<P>
  ) throws(P.Interruption) -> MapError? {
    let stop = try mapRuns(
      of: range, at: 0, to: address, attributes: attributes,
      maxLeafLevel: maxLeafLevel, into: &unlinked, from: &reserved)
    switch stop {
    case .mapped: return nil
    case .stopped(let error): return error
    case .table(let at, let level): return try occupied(at: at, level: level)
    }
  }
}
