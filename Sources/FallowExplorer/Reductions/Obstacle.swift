// SPDX-License-Identifier: Apache-2.0

/// Why a search did without a reduction: a condition that does not hold for
/// its code or its machine.
public enum Obstacle: UInt8, CaseIterable, Sendable {
  /// An actor used a frame whose number nothing that it read holds.
  case unnamedFrame
  /// A step went another way with the frames' numbers exchanged.
  case framesDiffer
  /// A step went another way with the slots' addresses exchanged.
  case slotsDiffer
  /// A step went another way with either exchanged, while the search went by
  /// where programs stand.
  case standingDiffers
  /// The scenario's slots are not two that each fill an entry of the root.
  case slotsUnlike
  /// A list that a lock guards was used without it.
  case unguardedList
  /// An IOMMU was dealt with without the lock that guards its queue.
  case unguardedQueue
  /// An entry appeared in a table that a walk under way still reads.
  case entryBehindWalk
  /// Interrupts come in the middle of what would be merged.
  case interrupts
  /// Stores wait in buffers.
  case storeBuffers
  /// The IOMMU reads its own queue from memory.
  case queueInMemory
  /// Walkers go step by step.
  case concreteWalkers
  /// It is kept where the leaves lead that CPUs hold.
  case translations
  /// A property of the user's looks at whole states.
  case ownProperties
  /// An error of an IOMMU's queue came about, or was cleared.
  case queueError

  /// What cannot be applied then.
  public var prevents: Reductions {
    switch self {
    case .unnamedFrame: .all
    case .framesDiffer: .symmetry
    case .slotsDiffer, .slotsUnlike: .slotSymmetry
    case .standingDiffers: .standing
    case .unguardedList, .unguardedQueue, .entryBehindWalk:
      [.movers, .commands]
    case .interrupts: .movers
    case .storeBuffers: [.movers, .commands]
    case .queueInMemory, .concreteWalkers: [.movers, .commands]
    case .translations: [.movers, .symmetry]
    case .ownProperties: .all
    case .queueError: .constants
    }
  }

  /// As a sentence says it after "because".
  public var text: String {
    switch self {
    case .unnamedFrame:
      "the code uses a frame whose number it did not read anywhere"
    case .framesDiffer: "the code depends on the numbers of frames"
    case .slotsDiffer: "the code depends on which slot it works on"
    case .standingDiffers:
      "the stack holds the number of a frame or a slot in a form of its own"
    case .slotsUnlike:
      "the slots are not two that each fill an entry of the root"
    case .unguardedList: "a list that a lock guards is used without the lock"
    case .unguardedQueue:
      "an IOMMU's queue is used without the sharing lock"
    case .entryBehindWalk:
      "an entry appears in a table that a walk under way still reads"
    case .interrupts: "interrupts come in the middle of operations"
    case .storeBuffers: "stores wait in buffers"
    case .queueInMemory: "the IOMMU reads its queue from memory"
    case .concreteWalkers: "walkers go step by step"
    case .translations: "CPUs access memory through the tables"
    case .ownProperties: "a property of the user's looks at whole states"
    case .queueError: "an IOMMU's queue has errors"
    }
  }

  var bit: UInt32 { 1 << UInt32(rawValue) }

  /// Those whose bits are set.
  static func all(in bits: UInt32) -> [Obstacle] {
    allCases.filter { bits & $0.bit != 0 }
  }
}
