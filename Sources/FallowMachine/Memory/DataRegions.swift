// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// A run of leaf frames and what became of it.
public struct DataRecord: Equatable, Sendable {
  /// The first frame.
  public var first: FrameNumber
  /// How many frames it has.
  public var frames: Int
  /// When it was allocated, and the actor.
  public var allocated: MachineMoment
  /// When it was freed, and the actor; nil if it was not.
  public var freed: MachineMoment?
  /// Its owner now, if it was freed.
  public var nextOwner: NextOwner?
}

/// The leaf frames, which have numbers but no contents.
///
/// They lie above the memory that tables are made from. A number is handed
/// out once: whatever still leads to a freed region leads to its new owner.
/// Of the regions that were freed the latest are remembered; of the others it
/// is known that they were freed, and no more.
struct DataRegions {
  /// The frames of the largest leaf: 1 GiB.
  static var largestLeaf: UInt64 { 1 << 18 }
  /// The index of every region that is not remembered.
  static var forgotten: Int { Int(Int32.max) }

  private struct Region {
    var index: Int
    var record: DataRecord
    /// How many regions had been freed when this one was; nil if it was not.
    var freed: Int?
  }

  // In order of their frames, and so of their indices.
  private var regions: [Region] = []
  private var freedRegions = 0
  private var forgottenRegions = 0
  // A bit for each region that was ever allocated: whether it was freed.
  private var freed: [UInt64] = []
  private var count = 0
  private let firstFrame: UInt64
  private var nextFrame: UInt64
  private let remembered: Int

  /// No regions yet; the first will lie above `frame`.
  ///
  /// At least the last `remembered` of those that are freed are remembered.
  init(above frame: UInt64, remembered: Int = 1 << 12) {
    firstFrame = frame
    nextFrame = frame
    self.remembered = remembered
  }

  /// What became of the region with that index; nil if it is forgotten.
  subscript(index: Int) -> DataRecord? {
    position(of: index).map { regions[$0].record }
  }

  /// Hands out `count` frames, aligned to their size up to the largest leaf.
  ///
  /// - Precondition: `count > 0`
  mutating func allocate(_ count: Int, at moment: MachineMoment) -> FrameNumber
  {
    precondition(count > 0, "a region has frames")
    var alignment: UInt64 = 1
    while alignment < UInt64(count) && alignment < Self.largestLeaf {
      alignment <<= 1
    }
    let first = (nextFrame + alignment - 1) & ~(alignment - 1)
    nextFrame = first + UInt64(count)
    precondition(nextFrame <= 1 << 40, "out of 52-bit physical addresses")
    regions.append(
      Region(
        index: self.count,
        record: DataRecord(
          first: FrameNumber(first), frames: count, allocated: moment)))
    if self.count & 63 == 0 { freed.append(0) }
    self.count += 1
    return FrameNumber(first)
  }

  /// Gives a region to another owner.
  ///
  /// - Precondition: It begins with `first` and was not freed.
  /// - Complexity: O(log regions), amortised.
  mutating func free(
    _ first: FrameNumber, to owner: NextOwner, at moment: MachineMoment
  ) {
    guard let position = position(of: first),
      regions[position].record.first == first,
      regions[position].record.freed == nil
    else { preconditionFailure("frame \(first.rawValue) begins no region") }
    regions[position].record.freed = moment
    regions[position].record.nextOwner = owner
    regions[position].freed = freedRegions
    let index = regions[position].index
    freed[index &>> 6] |= 1 &<< UInt64(index & 63)
    freedRegions += 1
    if freedRegions - forgottenRegions >= 2 * remembered { forget() }
  }

  /// Forgets the older of the regions that were freed.
  private mutating func forget() {
    forgottenRegions = freedRegions - remembered
    regions.removeAll { $0.freed.map { $0 < forgottenRegions } ?? false }
  }

  /// The index of the region that holds `frame`.
  ///
  /// - Complexity: O(log regions)
  func index(of frame: FrameNumber) -> Int? {
    if let position = position(of: frame) { return regions[position].index }
    // Frames between regions are never mapped.
    return (firstFrame..<nextFrame).contains(frame.rawValue)
      ? Self.forgotten : nil
  }

  /// Whether the region with that index has a new owner.
  @inline(__always)
  func isFreed(_ index: Int) -> Bool {
    index == Self.forgotten
      || freed[index &>> 6] & 1 &<< UInt64(index & 63) != 0
  }

  /// Where the region stands that holds `frame`.
  private func position(of frame: FrameNumber) -> Int? {
    let next = regions.count(before: {
      $0.record.first.rawValue <= frame.rawValue
    })
    guard next > 0 else { return nil }
    let record = regions[next - 1].record
    return frame.rawValue - record.first.rawValue < UInt64(record.frames)
      ? next - 1 : nil
  }

  /// Where the region with that index stands.
  private func position(of index: Int) -> Int? {
    let next = regions.count(before: { $0.index <= index })
    return next > 0 && regions[next - 1].index == index ? next - 1 : nil
  }
}

extension Array {
  /// How many elements there are before the first that is not `before`, in an
  /// array that has all of those in front.
  ///
  /// - Complexity: O(log elements)
  @inline(__always)
  fileprivate func count(before: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if before(self[middle]) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }
}
