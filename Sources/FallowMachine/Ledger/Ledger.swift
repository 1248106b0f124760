// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// The owner of each frame, now and before.
///
/// It is kept by the machine from what it sees of the library: what is stored
/// in descriptors and entries, allocated and freed.
public final class Ledger {
  /// What the ledger says of a frame.
  public struct Entry: Equatable, Sendable {
    /// Its owner now.
    public var owner: FrameOwner
    /// How often it was released.
    public var generation: UInt32
    /// The last table it was, which is ``owner`` if it still is; nil if it
    /// was none.
    public var lastTable: TableRecord?
  }

  let status: FixedBuffer<FrameStatus>
  private let latest: FixedBuffer<Int32>
  private let nextOwners: FixedBuffer<NextOwner>
  private var records: [TableRecord] = []
  // For each record, that of the frame's table before.
  private var previous: [Int32] = []
  // Records that may be used again.
  private var unused: [Int32] = []
  private let keepsTables: Bool

  init(frames: Int, keepsTables: Bool) {
    self.keepsTables = keepsTables
    status = FixedBuffer(
      repeating: FrameStatus(generation: 0, role: .neverUsed, level: 0),
      count: frames)
    latest = FixedBuffer(repeating: -1, count: frames)
    nextOwners = FixedBuffer(
      repeating: NextOwner(number: 0, fill: .zeros, since: 0), count: frames)
  }

  deinit {
    status.deallocate()
    latest.deallocate()
    nextOwners.deallocate()
  }

  /// What is known of a frame of table memory.
  ///
  /// - Parameter frame: The frame.
  /// - Returns: What the ledger knows of it.
  /// - Precondition: It is one.
  public subscript(frame: FrameNumber) -> Entry {
    Entry(
      owner: owner(of: frame), generation: status(of: frame).generation,
      lastTable: table(frame))
  }

  /// Every table that was ever constructed, in that order, where the machine
  /// keeps them all.
  public var tables: [TableRecord] { records }

  @inline(__always)
  func status(of frame: FrameNumber) -> FrameStatus {
    guard frame.rawValue < UInt64(status.count) else { return .nowhere }
    return status[Int(truncatingIfNeeded: frame.rawValue)]
  }

  func owner(of frame: FrameNumber) -> FrameOwner {
    switch status(of: frame).role {
    case .neverUsed: .neverUsed
    case .nowhere: .nowhere
    case .nextOwner: .nextOwner(nextOwners[index(frame)])
    case .free: .free
    case .constructed, .linked, .unlinked, .quarantined, .parked, .retained,
      .released:
      table(frame).map(FrameOwner.table) ?? .free
    }
  }

  /// The last table that `frame` was.
  func table(_ frame: FrameNumber) -> TableRecord? {
    guard frame.rawValue < UInt64(latest.count) else { return nil }
    let record = latest[index(frame)]
    return record < 0 ? nil : records[Int(record)]
  }

  /// The table that `frame` was in that generation, or the last before.
  func table(_ frame: FrameNumber, in generation: UInt32) -> TableRecord? {
    guard frame.rawValue < UInt64(latest.count) else { return nil }
    var record = latest[index(frame)]
    while record >= 0, records[Int(record)].generation > generation {
      record = previous[Int(record)]
    }
    return record < 0 ? nil : records[Int(record)]
  }

  private func index(_ frame: FrameNumber) -> Int {
    Int(truncatingIfNeeded: frame.rawValue)
  }

  /// Opens the record of a new table.
  func open(_ record: TableRecord) {
    let number = add(record, after: latest[index(record.frame)])
    for frame in index(record.frame)..<index(record.frame) + 1 << record.order {
      latest[frame] = number
      status[frame].role = .constructed
      status[frame].level = UInt8(record.level)
    }
  }

  /// Adds a record whose frame had the table with the number `before` before.
  private func add(_ record: TableRecord, after before: Int32) -> Int32 {
    if !keepsTables { forget(tablesBefore: before) }
    guard let number = unused.popLast() else {
      records.append(record)
      previous.append(before)
      return Int32(records.count - 1)
    }
    records[Int(number)] = record
    previous[Int(number)] = before
    return number
  }

  /// Forgets what a frame was before the table with that number.
  ///
  /// Of larger blocks other frames may have the same record: they keep theirs.
  private func forget(tablesBefore number: Int32) {
    guard number >= 0, records[Int(number)].order == 0 else { return }
    let oldest = previous[Int(number)]
    guard oldest >= 0, records[Int(oldest)].order == 0 else { return }
    previous[Int(number)] = -1
    unused.append(oldest)
  }

  /// Changes the record of the table that `frame` is.
  func change(_ frame: FrameNumber, _ body: (inout TableRecord) -> Void) {
    body(&records[Int(latest[index(frame)])])
  }

  /// Gives all frames of a block another role.
  func setRole(_ role: FrameStatus.Role, of block: FrameNumber, order: Int) {
    for frame in index(block)..<index(block) + 1 << order {
      status[frame].role = role
    }
  }

  /// Ends a generation of all frames of a block.
  func endGeneration(of block: FrameNumber, order: Int) {
    for frame in index(block)..<index(block) + 1 << order {
      status[frame].generation &+= 1
      status[frame].role = .released
    }
  }

  func reuse(_ frame: FrameNumber, by owner: NextOwner) {
    status[index(frame)].role = .nextOwner
    nextOwners[index(frame)] = owner
  }

  func takeBack(_ frame: FrameNumber) {
    status[index(frame)].role = .free
  }
}
