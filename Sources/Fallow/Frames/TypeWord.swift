// SPDX-License-Identifier: Apache-2.0

/// The word of a descriptor that says what its frame is.
///
/// The upper 8 bits are the ``Kind``; the lower 24 are free for the owner of
/// such a frame, as in `__page_type` of the mail's `struct ptdesc`. They are
/// handed out by ``Bit`` and in no other way.
@frozen
public struct TypeWord: Hashable, BitwiseCopyable, Sendable {
  /// The user of a frame.
  @frozen
  public enum Kind: UInt8, BitwiseCopyable, Sendable {
    /// Someone outside the library, or nobody yet.
    case other
    /// An allocator: the frame is the first of a free block.
    case free
    /// It is, or was until its release, a page table.
    case table
    /// The owner of another frame, which is the first of their block.
    case inside
    /// A cache in front of an allocator.
    case cached
  }

  /// The 24 free bits, handed out one by one, from the highest down.
  ///
  /// Raw values count up to 255, so a case that borrows the bit of another
  /// does not compile, and a 25th has no value left and does not either.
  ///
  /// What retiring a table asks of it comes first, beside the kind: one
  /// comparison answers it.
  @frozen
  public enum Bit: UInt8, BitwiseCopyable, Sendable {
    /// The kernel mark: `PTDESC_TYPE_KERNEL` in the mail.
    case kernelMark = 232
    /// The state of a table, highest bit first.
    case state2, state1, state0
    /// The frame belongs to memory that no allocator may have back.
    case reservedMemory
    /// The binary logarithm of the block's frames, highest bit first.
    case order3, order2, order1, order0
    /// The level of a table, highest bit first.
    case level2, level1, level0
    /// All of the frame is zero: of one that was handed out for a table, and of
    /// a free block.
    case zero
    /// The number of the frame's ``FrameZone``, highest bit first; 0 if no
    /// allocator has it.
    case zone5, zone4, zone3, zone2, zone1, zone0
  }

  /// The word itself.
  public var rawValue: UInt32

  /// The word with that value.
  ///
  /// - Parameter rawValue: The word.
  @inlinable
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// A word for a frame of the given kind with all free bits clear.
  ///
  /// - Parameter kind: The frame's user.
  @inlinable
  public init(_ kind: Kind) {
    self.init(rawValue: UInt32(kind.rawValue) &<< 24)
  }

  /// The word of a table as it is constructed: the mark is set here and
  /// nowhere else.
  ///
  /// - Parameters:
  ///   - half: The half of the address space that the table belongs to.
  ///   - level: The level of the table; 1 holds the smallest leaves.
  ///   - order: The binary logarithm of its number of frames.
  @inlinable
  public static func table<Half: AddressHalf>(
    of half: Half.Type, level: Int, order: Int
  ) -> Self {
    table(isKernel: Half.isKernel, level: level, order: order)
  }

  /// The word of a table as it is constructed, of the kernel's half or a user's.
  @inlinable
  static func table(isKernel: Bool, level: Int, order: Int) -> Self {
    var word = table(isKernel: isKernel, in: .constructed)
    word.level = level
    word.order = order
    return word
  }

  /// The user of the frame.
  @inlinable
  public var kind: Kind {
    Kind(rawValue: UInt8(truncatingIfNeeded: rawValue &>> 24)) ?? .other
  }

  /// One of the free bits.
  ///
  /// - Parameter bit: The bit.
  /// - Returns: Whether the bit is set.
  @inlinable
  public subscript(bit: Bit) -> Bool {
    get { rawValue & Self.mask(bit) != 0 }
    set {
      if newValue {
        rawValue |= Self.mask(bit)
      } else {
        rawValue &= ~Self.mask(bit)
      }
    }
  }

  /// The state of a table.
  @inlinable
  public var state: TableState {
    get {
      TableState(rawValue: UInt8(field(from: .state0, bits: 3))) ?? .constructed
    }
    set { setField(UInt32(newValue.rawValue), from: .state0, bits: 3) }
  }

  /// Whether it is the word of a table in `state`: one comparison.
  ///
  /// - Parameter state: The state.
  @inlinable
  public func isTable(in state: TableState) -> Bool {
    var wanted = Self(.table)
    wanted.state = state
    return (rawValue ^ wanted.rawValue) & ~Self.mask(.kernelMark)
      < Self.mask(.state0)
  }

  /// Whether it is the word of a table in `state`, with the kernel mark or
  /// without it: one comparison, since what it looks at are the highest bits.
  @inlinable
  func isTable(isKernel: Bool, in state: TableState) -> Bool {
    rawValue &- Self.table(isKernel: isKernel, in: state).rawValue
      < Self.mask(.state0)
  }

  /// Whether it is the word of a linked table of `half` on `level`: one
  /// comparison.
  @inlinable
  func isRoot<Half: AddressHalf>(of half: Half.Type, _ level: Int) -> Bool {
    var wanted = Self.table(isKernel: Half.isKernel, in: .linked)
    wanted.level = level
    var rest = Self(rawValue: Self.mask(.state0) &- 1)
    rest.level = 0
    return (rawValue ^ wanted.rawValue) & ~rest.rawValue == 0
  }

  /// Whether it is the word of a table in `state` that is one frame, which an
  /// allocator may have back.
  @inlinable
  func isPlainTable(in state: TableState) -> Bool {
    var any = Self(.other)
    any[.kernelMark] = true
    any.level = 7
    any.zone = FrameZone.mostZones
    var wanted = Self(.table)
    wanted.state = state
    return rawValue & ~any.rawValue == wanted.rawValue
  }

  /// The word of a table in `state`, of level and order 0, with the kernel mark
  /// or without it.
  @inlinable
  static func table(isKernel: Bool, in state: TableState) -> Self {
    var word = Self(.table)
    // Guard: marked-at-construction
    word[.kernelMark] = isKernel
    word.state = state
    return word
  }

  /// The word of a table that moves on from one state to another.
  ///
  /// - Precondition: It is in the state `old`.
  @inlinable
  func moved(from old: TableState, to new: TableState) -> Self {
    var change = Self(rawValue: 0)
    change.state = old
    let before = change.rawValue
    change.state = new
    return Self(rawValue: rawValue ^ before ^ change.rawValue)
  }

  /// The binary logarithm of the frames in the block.
  @inlinable
  public var order: Int {
    get { Int(field(from: .order0, bits: 4)) }
    set {
      setField(UInt32(truncatingIfNeeded: newValue), from: .order0, bits: 4)
    }
  }

  /// The level of a table; 1 holds the smallest leaves.
  @inlinable
  public var level: Int {
    get { Int(field(from: .level0, bits: 3)) }
    set {
      setField(UInt32(truncatingIfNeeded: newValue), from: .level0, bits: 3)
    }
  }

  @inlinable
  static func mask(_ bit: Bit) -> UInt32 { 1 &<< place(of: bit) }

  @inlinable
  static func place(of bit: Bit) -> UInt32 { UInt32(255 &- bit.rawValue) }

  @inlinable
  func field(from bit: Bit, bits: UInt32) -> UInt32 {
    let shift = Self.place(of: bit)
    return rawValue &>> shift & (1 &<< bits &- 1)
  }

  @inlinable
  mutating func setField(_ value: UInt32, from bit: Bit, bits: UInt32) {
    let shift = Self.place(of: bit)
    let mask = (1 &<< bits &- 1) as UInt32
    rawValue = rawValue & ~(mask &<< shift) | (value & mask) &<< shift
  }
}
