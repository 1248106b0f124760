// SPDX-License-Identifier: Apache-2.0

/// Where a freed table was linked.
public enum Place: BitwiseCopyable, Hashable, Sendable {
  /// It translated the window of `level` that begins at `address`.
  case exact(address: UInt64, level: LinuxLevel)
  /// It was made for a race that another CPU won, and never linked.
  case neverLinked
  /// The recording does not say.
  case unknown
}

/// How many freed tables were placed, and how.
public struct PlacementCounts: Codable, Equatable, Sendable {
  /// Tables whose window the recording names.
  public var exact = 0
  /// Tables that were never linked.
  public var neverLinked = 0
  /// Tables that a replay gave a place of its own invention.
  ///
  /// A recording has none: reading counts these as ``unknown``.
  public var synthetic = 0
  /// Tables that have no place.
  public var unknown = 0

  /// Makes counts of nothing.
  public init() {}

  /// Counts a table.
  ///
  /// - Parameter place: The place of one more table.
  public mutating func count(_ place: Place) {
    switch place {
    case .exact: exact += 1
    case .neverLinked: neverLinked += 1
    case .unknown: unknown += 1
    }
  }
}
