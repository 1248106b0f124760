// SPDX-License-Identifier: Apache-2.0

/// A lock that the platform provides.
@frozen
public struct KernelLock: Hashable, BitwiseCopyable, Sendable {
  /// The number of the lock.
  public var rawValue: UInt8

  /// The lock with that number.
  ///
  /// - Parameter rawValue: The number of the lock, below ``count``.
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

  /// Held while an error of an IOMMU's queue is acted on; its holder sleeps only
  /// if the queue is emptied.
  ///
  /// - Parameter iommu: The number of the IOMMU.
  /// - Returns: The lock of that IOMMU's queue.
  /// - Precondition: `0 <= iommu && iommu < 32`
  @inlinable
  public static func queue(of iommu: Int) -> Self {
    Self(rawValue: 8 &+ UInt8(truncatingIfNeeded: iommu))
  }

  /// How many locks there are: a platform keeps one for each ``rawValue`` below
  /// it.
  @inlinable
  public static var count: Int { 40 }

  /// For a scheme that is not the library's own: a spin lock.
  @inlinable
  public static var foreignList: Self { Self(rawValue: 2) }
}
