// SPDX-License-Identifier: Apache-2.0

/// What a leaf allows and records, in words that every format shares.
///
/// A format that cannot say one of them refuses it by name:
/// ``PageTableFormat/unsupportedAttributes(in:)``.
///
/// A set, but not an `OptionSet`: that brings array literals, which a build
/// without allocations cannot have.
///
/// Those that x86-64 has at a bit below 12 have the same bit here, so that to
/// encode a leaf is a mask there.
@frozen
public struct LeafAttributes: Hashable, BitwiseCopyable, Sendable {
  /// One bit for each attribute.
  public var rawValue: UInt16

  /// The attributes whose bits are set.
  @inlinable
  public init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// Loads only, by the kernel only, from ordinary memory.
  @inlinable public static var none: Self { Self(rawValue: 0) }
  /// Stores are allowed.
  @inlinable public static var writable: Self { Self(rawValue: 1 << 1) }
  /// Instruction fetches are allowed.
  @inlinable public static var executable: Self { Self(rawValue: 1 << 11) }
  /// Requests of user privilege are allowed.
  @inlinable public static var user: Self { Self(rawValue: 1 << 2) }
  /// The translation is the same in every address space.
  @inlinable public static var global: Self { Self(rawValue: 1 << 8) }
  /// A walker used the leaf.
  @inlinable public static var accessed: Self { Self(rawValue: 1 << 5) }
  /// A walker used the leaf for a store.
  @inlinable public static var dirty: Self { Self(rawValue: 1 << 6) }
  /// Memory type: a device's registers; accesses are not cached, merged or
  /// made ahead of time.
  @inlinable public static var uncached: Self { Self(rawValue: 1 << 4) }
  /// Memory type: ordinary memory that is not cached; stores may be combined.
  @inlinable public static var writeCombining: Self { Self(rawValue: 1 << 3) }
  /// Loads are refused: the memory can only be executed.
  @inlinable public static var unreadable: Self { Self(rawValue: 1 << 12) }
  /// A bit that no walker looks at, for the kernel.
  @inlinable public static var software0: Self { Self(rawValue: 1 << 9) }
  /// Another bit that no walker looks at, for the kernel.
  @inlinable public static var software1: Self { Self(rawValue: 1 << 10) }

  /// Every attribute.
  @inlinable public static var all: Self { Self(rawValue: 0x1f7e) }

  /// What walkers write.
  @inlinable public static var walkerWritten: Self { .accessed | .dirty }

  /// The two that say which type of memory it is; at most one is set.
  @inlinable public static var memoryType: Self { .uncached | .writeCombining }

  /// What AArch64 forbids to change while a leaf is present: its memory type,
  /// and whether it is global (Arm ARM, DDI 0487, D8.16.1).
  @inlinable static var breakBeforeMake: Self { .memoryType | .global }

  /// A kernel's data: written, not executed, in every address space.
  ///
  /// Accessed and dirty are set at once, so that no walker needs to write them.
  @inlinable public static var kernelData: Self {
    .writable | .global | .accessed | .dirty
  }

  /// A user's data.
  @inlinable public static var userData: Self { .writable | .user }

  /// What the leaf allows, each right as one bit; ``unreadable`` stands for the
  /// right to load.
  @inlinable
  var rights: Self {
    Self(rawValue: rawValue ^ Self.unreadable.rawValue)
      & (.writable | .executable | .user | .unreadable)
  }

  /// The attributes of either.
  @inlinable
  public static func | (lhs: Self, rhs: Self) -> Self {
    Self(rawValue: lhs.rawValue | rhs.rawValue)
  }

  /// The attributes of both.
  @inlinable
  public static func & (lhs: Self, rhs: Self) -> Self {
    Self(rawValue: lhs.rawValue & rhs.rawValue)
  }

  /// Whether all of `other` are in the set.
  ///
  /// - Parameter other: Other attributes.
  @inlinable
  public func contains(_ other: Self) -> Bool {
    rawValue & other.rawValue == other.rawValue
  }

  /// Adds all of `other`.
  ///
  /// - Parameter other: The attributes to add.
  @inlinable
  public mutating func insert(_ other: Self) {
    rawValue |= other.rawValue
  }

  /// The set without those in `other`.
  ///
  /// - Parameter other: The attributes to leave out.
  @inlinable
  public func subtracting(_ other: Self) -> Self {
    Self(rawValue: rawValue & ~other.rawValue)
  }

  /// `bit`, a single one, where `attribute`, a single one, is in the set, else 0:
  /// how a format writes it.
  ///
  /// A mask and a shift, and no branch: a format has a dozen, and the compiler
  /// makes a tree of them. It joins those that it moves as far.
  @inlinable
  @inline(__always)
  func bits(_ bit: UInt64, if attribute: Self) -> UInt64 {
    Self.moved(UInt64(attribute.rawValue), to: bit, in: UInt64(rawValue))
  }

  /// Adds `attribute` where `bit` is set in an entry: how a format reads it,
  /// without a branch.
  @inlinable
  @inline(__always)
  mutating func insert(_ attribute: Self, where bit: UInt64, in entry: UInt64) {
    rawValue |= UInt16(
      truncatingIfNeeded: Self.moved(
        bit, to: UInt64(attribute.rawValue), in: entry))
  }

  /// The bit `old` of `word`, at the place of the bit `new`.
  @inlinable
  @inline(__always)
  static func moved(
    _ old: UInt64, to new: UInt64, in word: UInt64
  ) -> UInt64 {
    let (from, to) = (old.trailingZeroBitCount, new.trailingZeroBitCount)
    return to >= from
      ? (word & old) &<< UInt64(truncatingIfNeeded: to &- from)
      : (word & old) &>> UInt64(truncatingIfNeeded: from &- to)
  }

  /// Adds `attribute` where `isSet`: how a format reads it.
  @inlinable
  mutating func insert(_ attribute: Self, if isSet: Bool) {
    if isSet { insert(attribute) }
  }
}
