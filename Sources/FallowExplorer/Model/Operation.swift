// SPDX-License-Identifier: Apache-2.0

/// What an actor does in one go, by its name: a ``Model`` performs it.
///
/// The library's operations are here; code of your own names its own, by the
/// functions that it has:
///
/// ```swift
/// extension Operation {
///   static let harvest = Operation("harvest")
/// }
/// scenario.moves.append(Move(.harvest, from: .mapped, to: .mapped))
/// ```
public struct Operation: Hashable, Sendable, CustomStringConvertible {
  /// How reports call it.
  public let name: String

  /// An operation of that name; two of the same name are one.
  ///
  /// - Parameter name: What reports call it.
  public init(_ name: String) { self.name = name }

  /// Its name.
  public var description: String { name }
}

extension Operation {
  /// Map a slot.
  public static let map = Operation("map")
  /// Unmap a slot.
  public static let unmap = Operation("unmap")
  /// Replace a slot's table by one leaf that is written anew.
  public static let promote = Operation("promote")
  /// Replace a slot's table by one leaf that says the same.
  public static let collapse = Operation("collapse")
  /// Replace a slot's leaf by a table that says the same.
  public static let split = Operation("split")
  /// Read a slot's tables without a lock.
  public static let translate = Operation("translate")
  /// Let a device share the space.
  public static let bind = Operation("bind")
  /// Make a device leave the space.
  public static let unbind = Operation("unbind")
  /// Make a device leave every space.
  public static let expel = Operation("expel")
  /// What the worker does once it was scheduled.
  public static let reclaim = Operation("reclaim")
  /// What is done once the readers of ``SteppingMachine/callAfterReaders(_:)``
  /// have left.
  public static let callback = Operation("callback")
  /// Map a slot, and collapse the table that this completes.
  public static let mapCollapsing = Operation("mapCollapsing")
  /// Map a slot by a list of frames.
  public static let mapList = Operation("mapList")
  /// Unmap a slot, and take its frames back as a list.
  public static let unmapList = Operation("unmapList")
  /// Map a slot with frames for its tables that were taken before.
  public static let mapReserved = Operation("mapReserved")
  /// Map a slot so that it may be written.
  public static let mapWritable = Operation("mapWritable")
  /// Take the right to write to a slot away.
  public static let narrow = Operation("narrow")
  /// End a space that devices shared.
  public static let end = Operation("end")
  /// Map a slot by a cursor.
  public static let mapByCursor = Operation("mapByCursor")
  /// Unmap a slot by a cursor.
  public static let unmapByCursor = Operation("unmapByCursor")
  /// Map and unmap a slot by one cursor.
  public static let useByCursor = Operation("useByCursor")
  /// Use a slot's first page by a cursor; the slot's addresses may have another
  /// owner by the cursor's end.
  static let useOnceByCursor = Operation("useOnceByCursor")
  /// Use it twice; the addresses may have had another owner between, too.
  static let useTwiceByCursor = Operation("useTwiceByCursor")
  /// Get a slot's addresses, and unmap them whole.
  static let unmapWhole = Operation("unmapWhole")
  /// Get a slot's addresses, and map them by one leaf.
  static let mapLeafOverTable = Operation("mapLeafOverTable")
  /// Run a function of a program, which the move names.
  package static let program = Operation("program")
}
