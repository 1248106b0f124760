/// What a leaf allows and records, in words that every format shares.
///
/// A set, but not an `OptionSet`: that brings array literals, which a build
/// without allocations cannot have.
@frozen
public struct LeafAttributes: Hashable, BitwiseCopyable, Sendable {
  /// One bit for each attribute.
  public var rawValue: UInt16

  /// The attributes whose bits are set.
  @inlinable
  public init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// Loads only, by the kernel only.
  @inlinable public static var none: Self { Self(rawValue: 0) }
  /// Stores are allowed.
  @inlinable public static var writable: Self { Self(rawValue: 1 << 0) }
  /// Instruction fetches are allowed.
  @inlinable public static var executable: Self { Self(rawValue: 1 << 1) }
  /// Requests of user privilege are allowed.
  @inlinable public static var user: Self { Self(rawValue: 1 << 2) }
  /// The translation is the same in every address space.
  @inlinable public static var global: Self { Self(rawValue: 1 << 3) }
  /// A walker used the leaf.
  @inlinable public static var accessed: Self { Self(rawValue: 1 << 4) }
  /// A walker used the leaf for a store.
  @inlinable public static var dirty: Self { Self(rawValue: 1 << 5) }
  /// Accesses are not cached.
  @inlinable public static var uncached: Self { Self(rawValue: 1 << 6) }

  /// A kernel's data: written, not executed, in every address space.
  ///
  /// Accessed and dirty are set at once, so that no walker needs to write them.
  @inlinable public static var kernelData: Self {
    .writable | .global | .accessed | .dirty
  }

  /// A user's data.
  @inlinable public static var userData: Self { .writable | .user }

  /// The attributes of either.
  @inlinable
  public static func | (lhs: Self, rhs: Self) -> Self {
    Self(rawValue: lhs.rawValue | rhs.rawValue)
  }

  /// Whether all of `other` are in the set.
  @inlinable
  public func contains(_ other: Self) -> Bool {
    rawValue & other.rawValue == other.rawValue
  }

  /// Adds all of `other`.
  @inlinable
  public mutating func insert(_ other: Self) {
    rawValue |= other.rawValue
  }

  /// The set without those in `other`.
  @inlinable
  public func subtracting(_ other: Self) -> Self {
    Self(rawValue: rawValue & ~other.rawValue)
  }
}
