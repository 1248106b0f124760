// SPDX-License-Identifier: Apache-2.0

/// A walk that used an entry of a table which was one no longer: which actor
/// did what to the table, which walked it, and whose memory it was by then.
///
/// The encoded keys are the names of the properties, and stable. Times are
/// nanoseconds of the recording's clock.
public struct StaleWalk: Codable, Equatable, Sendable {
  /// When something happened, and the actor.
  public struct Moment: Codable, Equatable, Sendable {
    /// When.
    public var time: UInt64
    /// On which CPU.
    public var cpu: Int
    /// The task's process id; -1 for a task before the recording.
    public var task: Int
    /// The task's name, if the recording has it.
    public var name: String?

    static var unknownTask: Int32 { -1 }
  }

  /// A stretch of kernel addresses that was mapped.
  public struct Area: Codable, Equatable, Sendable {
    /// Its first address.
    public var start: UInt64
    /// How many bytes it has.
    public var size: UInt64
    /// When it was mapped, and the actor; nil if that was before the recording.
    public var mapped: Moment?
    /// When it was unmapped; nil if it was not by then.
    public var unmapped: Moment?
  }

  /// The table that the walker took the frame for.
  public struct Table: Codable, Equatable, Sendable {
    /// Its level; 1 holds the leaves of 4 KiB.
    public var level: Int
    /// The first address that it translated.
    public var window: UInt64?
    /// When it was made.
    public var made: Moment
    /// When the entry that pointed to it was cleared.
    public var unlinked: Moment?
    /// When it was released.
    public var released: Moment?
  }

  /// Whose memory it was by then.
  public struct Owner: Codable, Equatable, Sendable {
    /// What it was: `next owner`, `free`, or a `table` of something else.
    public var kind: String
    /// Which of the next owners.
    public var number: Int?
    /// What they had filled the frame with.
    public var fill: String?
    /// Since when it was theirs.
    public var since: UInt64?
  }

  /// The scheme under which it happened.
  public var scheme: String
  /// When.
  public var time: UInt64
  /// The walker, as words.
  public var walker: String
  /// In which address space.
  public var pasid: UInt32
  /// The address that was asked for.
  public var address: UInt64
  /// Where the walker had the pointer from, as words.
  public var cache: String
  /// The frame.
  public var frame: UInt64
  /// The word that was read there.
  public var entry: UInt64?
  /// Whether it was a write of an accessed or dirty bit.
  public var isWrite: Bool
  /// The area that the address lay in; nil if the recording does not say.
  public var area: Area?
  /// The table that the frame had been; nil if it never was one.
  public var table: Table?
  /// Whose the frame was.
  public var owner: Owner
}
