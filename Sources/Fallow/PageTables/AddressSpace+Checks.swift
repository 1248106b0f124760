// SPDX-License-Identifier: Apache-2.0

/// The checks of what a caller hands in. Each returns why it is refused, or nil;
/// a short path folds the same conditions into its own.
extension AddressSpace {
  /// The attributes that no leaf here can have, among `attributes`: those that
  /// have no name, that the format, the half or the CPUs do not have, or that
  /// are two memory types.
  @inlinable
  @inline(__always)
  func unsupported(_ attributes: LeafAttributes) -> LeafAttributes {
    var refused = attributes.subtracting(
      LeafAttributes.all.subtracting(
        Format.unsupportedAttributes(ofKernelHalf: Half.isKernel)))
    refused.insert(Format.unsupportedAttributes(in: attributes))
    if attributes.contains(.memoryType) { refused.insert(.memoryType) }
    if !platform.paging.hasMemoryTypes {
      refused.insert(attributes & .memoryType)
    }
    return refused
  }

  /// Whether a leaf here can have `attributes`, for the short paths: most are
  /// plain.
  @inlinable
  @inline(__always)
  func supports(_ attributes: LeafAttributes) -> Bool {
    Self.isPlain(UInt32(attributes.rawValue)) || supportsOther(attributes)
  }

  @inlinable
  @inline(never)
  func supportsOther(_ attributes: LeafAttributes) -> Bool {
    unsupported(attributes) == .none
  }

  /// Whether `bits` are attributes that every CPU supports in leaves here.
  @inlinable
  @inline(__always)
  static func isPlain(_ bits: UInt32) -> Bool {
    // Some formats have no dirty leaf that may not be written.
    let alone = plain.subtracting(Format.unsupportedAttributes(in: .dirty))
    let other = bits & ~UInt32(alone.rawValue)
    return other == 0
      || other == UInt32(LeafAttributes.dirty.rawValue)
        && bits & UInt32(LeafAttributes.writable.rawValue) != 0
  }

  /// The attributes that every CPU supports in leaves here, whatever others are
  /// with them; `dirty` at least beside `writable`.
  @inlinable
  static var plain: LeafAttributes {
    LeafAttributes.all.subtracting(
      Format.unsupportedAttributes(ofKernelHalf: Half.isKernel)
        | .memoryType | .unreadable)
  }

  /// The attributes of a new leaf for which `attributes` are wanted: where use
  /// is not recorded, it is taken for granted.
  @inlinable
  @inline(__always)
  func completed(_ attributes: LeafAttributes) -> LeafAttributes {
    if platform.paging.recordsUse { return attributes }
    return attributes
      | (attributes.contains(.writable) ? .walkerWritten : .accessed)
  }

  /// What a change sets that is to set `attributes`: where use is not recorded,
  /// a leaf that may be written counts as dirty.
  @inlinable
  @inline(__always)
  func granted(_ attributes: LeafAttributes) -> LeafAttributes {
    platform.paging.recordsUse ? attributes : Self.withUse(attributes)
  }

  /// ``granted(_:)``, inlined: for attributes that are no constants.
  @inlinable
  @inline(__always)
  func grantedInline(_ attributes: LeafAttributes) -> LeafAttributes {
    attributes.contains(.writable) && !platform.paging.recordsUse
      ? attributes | .walkerWritten : attributes
  }

  @inlinable
  @inline(never)
  static func withUse(_ attributes: LeafAttributes) -> LeafAttributes {
    attributes.contains(.writable)
      ? attributes | .walkerWritten : attributes
  }

  /// The highest level at which format, half and CPUs accept leaves.
  @inlinable
  @inline(__always)
  var highestLeafLevel: Int {
    min(Self.maxLeafLevel, platform.paging.maxLeafLevel)
  }

  /// The bits of a physical address that a leaf of `level` cannot have.
  @inlinable
  @inline(__always)
  func physicalBits(refusedAt level: Int) -> UInt64 {
    unreachableBits | Format.span(of: level) &- 1
  }

  /// The bits that no physical address has which format and CPUs can reach.
  @inlinable
  @inline(__always)
  var unreachableBits: UInt64 {
    ~0 &<< Format.physicalAddressBits | platform.paging.unreachableBits
  }

  /// The first physical address that format or CPUs cannot reach.
  @inlinable
  @inline(__always)
  var physicalLimit: UInt64 {
    0 &- unreachableBits
  }

  /// Refuses a range that is not made of whole pages of this half.
  @inlinable
  package func refusal(of range: VirtualRange) -> MapError? {
    let half = Self.addresses
    guard range.size <= half.size,
      range.start.rawValue &- half.start.rawValue <= half.size &- range.size,
      (range.start.rawValue | range.size) & (FrameNumber.size &- 1) == 0
    else { return MapError(.invalidAddress, at: range.start) }
    return nil
  }

  /// Refuses a level that is not one of `levels`.
  @inlinable
  func refusal(
    of level: Int, in levels: ClosedRange<Int>, at address: VirtualAddress
  ) -> MapError? {
    levels.contains(level)
      ? nil : MapError(.invalidLevel, at: address, level: level)
  }

  /// Refuses attributes that no leaf here can have.
  @inlinable
  package func refusal(
    of attributes: LeafAttributes, at address: VirtualAddress
  ) -> MapError? {
    let refused = unsupported(attributes)
    return refused == .none
      ? nil
      : MapError(.unsupportedAttributes, at: address, attributes: refused)
  }

  /// Refuses what cannot be mapped, whatever the tables hold.
  @inlinable
  func refusal(
    of range: VirtualRange, to address: PhysicalAddress, maxLeafLevel: Int
  ) -> MapError? {
    if let error = refusal(of: range) { return error }
    guard range.size <= physicalLimit,
      address.rawValue <= physicalLimit &- range.size,
      address.rawValue & (FrameNumber.size &- 1) == 0
    else { return MapError(.invalidAddress, at: range.start) }
    return refusal(
      of: maxLeafLevel, in: 1...Self.maxLeafLevel, at: range.start)
  }

  /// Refuses what cannot be mapped with `attributes`, whatever the tables hold.
  @inlinable
  func refusal(
    of range: VirtualRange, to address: PhysicalAddress,
    attributes: LeafAttributes, maxLeafLevel: Int
  ) -> MapError? {
    refusal(of: range, to: address, maxLeafLevel: maxLeafLevel)
      ?? refusal(of: attributes, at: range.start)
  }

  /// Refuses a level above 1 that is not one of at most `top`, and an address
  /// outside this half.
  @inlinable
  func refusal(
    of address: VirtualAddress, level: Int, upTo top: Int
  ) -> MapError? {
    guard Self.addresses.contains(address) else {
      return MapError(.invalidAddress, at: address, level: level)
    }
    guard level > 1 && level <= top else {
      return MapError(.invalidLevel, at: address, level: level)
    }
    return nil
  }

  /// Refuses a range out of which a leaf reaches at one of its ends: nowhere
  /// else can one.
  @inlinable
  package func partialLeaf(
    in range: VirtualRange
  ) throws(P.Interruption) -> MapError? {
    if range.isEmpty { return nil }
    if let error = try partialLeaf(across: range.start, range.start, in: range)
    {
      return error
    }
    return try partialLeaf(
      across: range.start + range.size,
      range.last.alignedDown(to: FrameNumber.size), in: range)
  }

  /// Refuses the range if the leaf that maps its page at `page` reaches across
  /// `end`, the end of the range at which the page is.
  @inlinable
  @inline(never)
  func partialLeaf(
    across end: VirtualAddress, _ page: VirtualAddress, in range: VirtualRange
  ) throws(P.Interruption) -> MapError? {
    // A leaf of a level whose boundary the end is does not.
    let aligned = Self.highestLevel(
      alignment: end.rawValue, size: .max, upTo: Self.maxLeafLevel)
    if aligned == Self.maxLeafLevel { return nil }
    try platform.enterReadSection()
    let place = try find(page, level: aligned &+ 1)
    try platform.leaveReadSection()
    guard Format.isPresent(place.entry),
      !Format.isTable(place.entry, level: place.level)
    else { return nil }
    let start = page.alignedDown(to: Format.span(of: place.level))
    return MapError(
      .partialLeaf, at: range.contains(start) ? start : range.start,
      level: place.level)
  }
}
