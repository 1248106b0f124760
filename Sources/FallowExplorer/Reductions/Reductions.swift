// SPDX-License-Identifier: Apache-2.0

/// Ways in which a search spares itself states, each of which shows the same
/// as the search without it where its conditions hold.
///
/// A search applies each only where its conditions hold on the state at hand,
/// and looks out for what would break them; ``Obstacle`` names what it met.
/// The reference, ``none``, merges nothing and believes nothing.
public struct Reductions: OptionSet, Hashable, Sendable {
  /// A bit for each.
  public var rawValue: UInt8

  /// The reductions whose bits are set.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// An access to a frame that only the actor itself can reach ends no turn.
  public static let ownedFrames = Reductions(rawValue: 1 << 0)

  /// Accesses that can be moved past what others do end no turn.
  public static let movers = Reductions(rawValue: 1 << 1)

  /// IOMMUs carry commands out at the few times that are enough to meet
  /// everything that a walker can hold.
  public static let commands = Reductions(rawValue: 1 << 2)

  /// States that differ in the numbers of frames alone are one.
  public static let frameSymmetry = Reductions(rawValue: 1 << 3)

  /// States that differ in the addresses of slots alone are one.
  public static let slotSymmetry = Reductions(rawValue: 1 << 4)

  /// An access to what no one has changed since the start ends no turn.
  public static let constants = Reductions(rawValue: 1 << 5)

  /// States that differ in what an operation of a program was answered and does
  /// not keep are one.
  public static let standing = Reductions(rawValue: 1 << 6)

  /// Nothing is merged: the reference.
  public static let none: Reductions = []

  /// All that merges steps.
  public static let steps: Reductions = [
    .ownedFrames, .movers, .commands, .constants,
  ]

  /// All that takes states for one.
  public static let symmetry: Reductions = [.frameSymmetry, .slotSymmetry]

  /// All of them.
  public static let all: Reductions = [.steps, .symmetry, .standing]

  /// What each does, in the words of a report.
  public var names: [String] {
    let all: [(Reductions, String)] = [
      (.ownedFrames, "accesses to frames of one's own are merged"),
      (.movers, "accesses that commute are merged"),
      (.commands, "steps of IOMMUs are merged"),
      (.constants, "accesses to what does not change are merged"),
      (.frameSymmetry, "frames are interchangeable"),
      (.slotSymmetry, "slots are interchangeable"),
      (.standing, "what an operation does not keep is forgotten"),
    ]
    return all.filter { contains($0.0) }.map(\.1)
  }
}
