// SPDX-License-Identifier: Apache-2.0

/// Which accesses of a turn were taken for the actor's own, in order.
///
/// The state decides that, and walkers that hold less leave more to an actor.
/// So steps that are taken again with other walkers follow what was decided at
/// first: else a store that waited in a buffer would not wait any more.
struct OwnershipTrace {
  /// What was decided.
  private(set) var answers: [Bool] = []
  /// What is to be decided, the next first.
  private var followed: ArraySlice<Bool> = []

  /// Keeps what the state decides.
  init() {}

  /// Decides as in a turn that was taken before.
  init(following answers: [Bool]) { followed = answers[...] }

  /// The decision for the next access.
  mutating func decide(_ answer: Bool) -> Bool {
    let decided = followed.popFirst() ?? answer
    answers.append(decided)
    return decided
  }
}

extension Core {
  /// Whether an access, or what it does, is the actor's own: as the state says,
  /// or as it was decided when the turn was taken first.
  @inline(__always)
  mutating func decideOwnership(_ isOwn: Bool) -> Bool {
    ownership == nil ? isOwn : ownership?.decide(isOwn) ?? isOwn
  }
}
