// SPDX-License-Identifier: Apache-2.0

/// One of several equal parts of work that is split over processes.
///
/// Of items that are numbered from 0, part `index` has each whose number
/// leaves the remainder `index` when it is divided by `count`.
public struct Shard: Equatable, Sendable {
  /// Which part it is, counted from 0.
  public let index: Int
  /// How many parts there are.
  public let count: Int

  /// The whole.
  public static let whole = Shard(index: 0, count: 1)

  /// A part of so many.
  ///
  /// - Parameters:
  ///   - index: Which part, counted from 0.
  ///   - count: How many parts there are.
  /// - Precondition: `index` is from 0 to below `count`.
  public init(index: Int, count: Int) {
    precondition((0..<count).contains(index), "there is no such shard")
    self.index = index
    self.count = count
  }

  /// Whether an item is in this part.
  ///
  /// - Parameter item: The item's number, from 0.
  public func contains(_ item: Int) -> Bool { item % count == index }

  /// How many of so many items are in this part.
  ///
  /// - Parameter items: The number of items.
  func share(of items: Int) -> Int { (items - index + count - 1) / count }
}
