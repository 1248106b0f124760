/// A lock that the platform provides.
@frozen
public struct KernelLock: Hashable, BitwiseCopyable, Sendable {
  /// The number of the lock.
  public var rawValue: UInt8

  /// The lock with that number.
  @inlinable
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// Held by the one worker that reclaims; its holder sleeps.
  @inlinable
  public static var reclamation: Self { Self(rawValue: 0) }

  /// Held while the set of shared address spaces is read or changed; its
  /// holder sleeps.
  @inlinable
  public static var sharing: Self { Self(rawValue: 1) }

  /// For a scheme that is not the library's own: a spin lock.
  @inlinable
  public static var foreignList: Self { Self(rawValue: 2) }
}
