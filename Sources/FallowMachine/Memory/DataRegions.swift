public import Fallow

/// A run of leaf frames and what became of it.
public struct DataRecord: Equatable, Sendable {
  /// The first frame.
  public var first: FrameNumber
  /// How many frames it has.
  public var frames: Int
  /// When it was allocated, and by whom.
  public var allocated: Moment
  /// When it was freed, and by whom; nil if it was not.
  public var freed: Moment?
  /// Who has it now, if it was freed.
  public var nextOwner: NextOwner?
}

/// The leaf frames, which have numbers but no contents.
///
/// They lie above the memory that tables are made from. A number is handed
/// out once: whatever still leads to a freed region leads to its new owner.
struct DataRegions {
  /// The frames of the largest leaf: 1 GiB.
  static var largestLeaf: UInt64 { 1 << 18 }

  private var records: [DataRecord] = []
  private var nextFrame: UInt64

  /// No regions yet; the first will lie above `frame`.
  init(above frame: UInt64) {
    nextFrame = frame
  }

  /// The region with that index.
  subscript(index: Int) -> DataRecord { records[index] }

  /// Hands out `count` frames, aligned to their size up to the largest leaf.
  ///
  /// - Precondition: `count > 0`
  mutating func allocate(_ count: Int, at moment: Moment) -> FrameNumber {
    precondition(count > 0, "a region has frames")
    var alignment: UInt64 = 1
    while alignment < UInt64(count) && alignment < Self.largestLeaf {
      alignment <<= 1
    }
    let first = (nextFrame + alignment - 1) & ~(alignment - 1)
    nextFrame = first + UInt64(count)
    precondition(nextFrame <= 1 << 40, "out of 52-bit physical addresses")
    records.append(
      DataRecord(
        first: FrameNumber(first), frames: count, allocated: moment))
    return FrameNumber(first)
  }

  /// Gives a region to another owner.
  ///
  /// - Precondition: It begins with `first` and was not freed.
  mutating func free(
    _ first: FrameNumber, to owner: NextOwner, at moment: Moment
  ) {
    guard let index = index(of: first), records[index].first == first,
      records[index].freed == nil
    else { preconditionFailure("frame \(first.rawValue) begins no region") }
    records[index].freed = moment
    records[index].nextOwner = owner
  }

  /// The index of the region that holds `frame`.
  ///
  /// - Complexity: O(log regions)
  func index(of frame: FrameNumber) -> Int? {
    var low = 0
    var high = records.count
    while low < high {
      let middle = (low + high) / 2
      if records[middle].first.rawValue <= frame.rawValue {
        low = middle + 1
      } else {
        high = middle
      }
    }
    guard low > 0,
      frame.rawValue - records[low - 1].first.rawValue
        < UInt64(records[low - 1].frames)
    else { return nil }
    return low - 1
  }

  /// Whether the region with that index has a new owner.
  @inline(__always)
  func isFreed(_ index: Int) -> Bool { records[index].freed != nil }
}
