/// The word of a descriptor that says what its frame is.
///
/// The upper 8 bits are the ``Kind``; the lower 24 are free for the owner of
/// such a frame, as in `__page_type` of the mail's `struct ptdesc`. They are
/// handed out by ``Bit`` and in no other way.
@frozen
public struct TypeWord: Hashable, BitwiseCopyable, Sendable {
  /// Who uses a frame.
  @frozen
  public enum Kind: UInt8, BitwiseCopyable, Sendable {
    /// Someone outside the library, or nobody yet.
    case other
    /// The allocator: the frame heads a free block.
    case free
    /// It is, or was until its release, a page table.
    case table
  }

  /// The 24 free bits, handed out one by one.
  ///
  /// Raw values count up to 255, so a case that borrows the bit of another
  /// does not compile, and a 25th has no value left and does not either.
  @frozen
  public enum Bit: UInt8, BitwiseCopyable, Sendable {
    /// The kernel mark: `PTDESC_TYPE_KERNEL` in the mail.
    case kernelMark = 232
    /// The frame belongs to memory that no allocator may have back.
    case reservedMemory
    /// The state of a table, lowest bit first.
    case state0, state1, state2
    /// The binary logarithm of the block's frames, lowest bit first.
    case order0, order1, order2, order3
    /// The level of a table, lowest bit first.
    case level0, level1, level2
  }

  /// The word itself.
  public var rawValue: UInt32

  /// The word with that value.
  @inlinable
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// A word for a frame of the given kind with all free bits clear.
  @inlinable
  public init(_ kind: Kind) {
    self.init(rawValue: UInt32(kind.rawValue) &<< 24)
  }

  /// The word of a table as it is constructed: the mark is set here and
  /// nowhere else.
  @inlinable
  public static func table<Half: AddressHalf>(
    of half: Half.Type, level: Int, order: Int
  ) -> Self {
    var word = Self(.table)
    word[.kernelMark] = Half.isKernel
    word.level = level
    word.order = order
    word.state = .constructed
    return word
  }

  /// Who uses the frame.
  @inlinable
  public var kind: Kind {
    Kind(rawValue: UInt8(truncatingIfNeeded: rawValue &>> 24)) ?? .other
  }

  /// One of the free bits.
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
  @inlinable
  public func isTable(in state: TableState) -> Bool {
    var looked = Self(rawValue: 0xff00_0000)
    looked.setField(7, from: .state0, bits: 3)
    var wanted = Self(.table)
    wanted.state = state
    return rawValue & looked.rawValue == wanted.rawValue
  }

  /// The binary logarithm of the frames in the block.
  @inlinable
  public var order: Int {
    get { Int(field(from: .order0, bits: 4)) }
    set { setField(UInt32(newValue), from: .order0, bits: 4) }
  }

  /// The level of a table; 1 holds the smallest leaves.
  @inlinable
  public var level: Int {
    get { Int(field(from: .level0, bits: 3)) }
    set { setField(UInt32(newValue), from: .level0, bits: 3) }
  }

  @inlinable
  static func mask(_ bit: Bit) -> UInt32 {
    1 &<< UInt32(bit.rawValue &- Bit.kernelMark.rawValue)
  }

  @inlinable
  func field(from bit: Bit, bits: UInt32) -> UInt32 {
    let shift = UInt32(bit.rawValue &- Bit.kernelMark.rawValue)
    return rawValue &>> shift & (1 &<< bits &- 1)
  }

  @inlinable
  mutating func setField(_ value: UInt32, from bit: Bit, bits: UInt32) {
    let shift = UInt32(bit.rawValue &- Bit.kernelMark.rawValue)
    let mask = (1 &<< bits &- 1) as UInt32
    rawValue = rawValue & ~(mask &<< shift) | (value & mask) &<< shift
  }
}
