/// What an actor does in one go.
public enum Operation: UInt8, Sendable {
  /// Map a slot.
  case map
  /// Unmap a slot.
  case unmap
  /// Replace a slot's table by one leaf that is written anew.
  case promote
  /// Replace a slot's table by one leaf that says the same.
  case collapse
  /// Replace a slot's leaf by a table that says the same.
  case split
  /// Read a slot's tables without a lock.
  case translate
  /// Let a device share the space.
  case bind
  /// Make a device leave the space.
  case unbind
  /// Make a device leave every space.
  case expel
  /// What the worker does once it was scheduled.
  case reclaim
  /// Map a slot, and collapse the table that this completes.
  case mapCollapsing
}

/// What operations work on, one at a time: a stretch of addresses, or the
/// sharing of a space with a device, which has no pages.
public struct Slot: Equatable, Sendable {
  /// Its number.
  public var number: Int
  /// Its first page.
  public var firstPage = 0
  /// How many pages it has.
  public var pageCount = 0
  /// The IOMMU of the device that shares.
  public var iommu = 0
  /// The space that is shared.
  public var pasid = 0

  /// A stretch of `pageCount` pages.
  public init(number: Int, firstPage: Int, pageCount: Int) {
    self.number = number
    self.firstPage = firstPage
    self.pageCount = pageCount
  }

  /// The sharing of space `pasid` with the device behind an IOMMU.
  public init(number: Int, iommu: Int, pasid: Int) {
    self.number = number
    self.iommu = iommu
    self.pasid = pasid
  }

  /// Whether it is the sharing of a space.
  var isBinding: Bool { pageCount == 0 }
}

/// What a slot is known to hold between operations.
public enum SlotState: UInt8, Sendable {
  /// Nothing is mapped.
  case empty
  /// Every page is mapped by a leaf of its own.
  case mapped
  /// One large leaf maps it.
  case large
  /// An operation is at work on it.
  case busy
  /// The device shares the space.
  case bound
  /// The device does not share the space.
  case apart
  /// Nothing more is done here.
  case over
  /// Every page is mapped, by a leaf of its own or as a part of a larger one.
  case within
}

/// An operation that an actor may begin, and what becomes of the slot.
public struct Move: Sendable {
  /// What is done.
  public var operation: Operation
  /// The slot is this before; nil if any, and then the slot is not claimed.
  public var from: SlotState?
  /// The slot is this after the operation succeeded.
  public var to: SlotState
  /// The slot is this after the operation was refused.
  public var otherwise: SlotState
  /// The actors that may begin it, a bit each; interrupts come after the worker.
  public var actors: UInt8

  /// A move of every CPU.
  public init(
    _ operation: Operation, from: SlotState?, to: SlotState,
    otherwise: SlotState? = nil, actors: UInt8 = .max
  ) {
    self.operation = operation
    self.from = from
    self.to = to
    self.otherwise = otherwise ?? from ?? .empty
    self.actors = actors
  }
}
