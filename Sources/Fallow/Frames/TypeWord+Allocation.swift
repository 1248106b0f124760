// SPDX-License-Identifier: Apache-2.0

/// What allocators and their caches write into the type words of their frames.
///
/// The first frame of a block holds the block's owner, of which order it is and
/// of which zone; every other frame of it says that it is inside. So one word
/// answers whether a block may be given back.
extension TypeWord {
  /// The number of the frame's zone; 0 if no allocator has it.
  @inlinable
  var zone: UInt8 {
    get { UInt8(truncatingIfNeeded: field(from: .zone0, bits: 6)) }
    set { setField(UInt32(newValue), from: .zone0, bits: 6) }
  }

  @inlinable
  static var zoneMask: UInt32 {
    var word = Self(rawValue: 0)
    word.zone = FrameZone.mostZones
    return word.rawValue
  }

  /// The same word for a frame of the zone that `other` says: a frame keeps its
  /// zone whatever it is used for.
  ///
  /// - Precondition: This word says no zone.
  @inlinable
  func inZone(of other: Self) -> Self {
    Self(rawValue: rawValue | other.rawValue & Self.zoneMask)
  }

  /// The word of the first frame of a block.
  @inlinable
  static func block(
    _ kind: Kind, order: Int = 0, in zone: FrameZone
  ) -> Self {
    var word = Self(kind)
    word.order = order
    word.zone = zone.number
    return word
  }

  /// The same word for a block of `order`.
  ///
  /// - Precondition: It is of order 0.
  @inlinable
  @inline(__always)
  func ofOrder(_ order: Int) -> Self {
    let shift = Self.place(of: .order0)
    return Self(
      rawValue: rawValue | UInt32(truncatingIfNeeded: order) &<< shift)
  }

  /// The word of a free block, from that of one which was handed out.
  @inlinable
  @inline(__always)
  func asFree(isZero: Bool) -> Self {
    var word = Self(rawValue: rawValue | Self(.free).rawValue)
    word[.zero] = isZero
    return word
  }

  /// The same word with one bit clear.
  @inlinable
  @inline(__always)
  func without(_ bit: Bit) -> Self {
    Self(rawValue: rawValue & ~Self.mask(bit))
  }

  /// The same word for a block of the next larger order.
  ///
  /// - Precondition: Its order is not the highest.
  @inlinable
  var ofNextOrder: Self { Self(rawValue: rawValue &+ Self.mask(.order0)) }

  /// The word of a frame that is handed out for a table, and is zero.
  @inlinable
  static func zeroForTable(in zone: FrameZone) -> Self {
    var word = block(.other, in: zone)
    word[.zero] = true
    return word
  }

  /// Whether it is the word of a frame that is handed out for a table, and is
  /// zero.
  @inlinable
  var isZeroForTable: Bool {
    rawValue & ~Self.zoneMask == Self.mask(.zero)
  }

  /// Whether it is the word of a frame that no allocator has handed out by
  /// itself: free, in a cache, or inside of a block.
  @inlinable
  var isFree: Bool {
    switch kind {
    case .free, .inside, .cached: true
    case .other, .table: false
    }
  }

  /// The bits that do not matter where a block is given back.
  @inlinable
  static var usageMask: UInt32 {
    var word = Self(.other)
    word[.kernelMark] = true
    word.level = 7
    word[.zero] = true
    return word.rawValue
  }

  /// The word of a table of one frame that came to its end, but for what
  /// ``usageMask`` has.
  @inlinable
  static func releasedTable(in zone: FrameZone) -> Self {
    var word = block(.table, in: zone)
    word.state = .released
    return word
  }

  /// Whether it is the word of a block that its owner may give back: one that
  /// was handed out as `taken`, or a table that came to its end.
  @inlinable
  @inline(__always)
  func isTaken(as taken: Self) -> Bool {
    let use = (rawValue ^ taken.rawValue) & ~Self.usageMask
    var released = Self(.table)
    released.state = .released
    return use == 0 || use == released.rawValue
  }
}
