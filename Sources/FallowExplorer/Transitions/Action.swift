// SPDX-License-Identifier: Apache-2.0

/// One step of a search: the actor that goes on, and which way.
public struct Action: Equatable, Sendable {
  /// What kinds of steps there are.
  public enum Kind: UInt8, Sendable {
    /// An actor begins a move.
    case begin
    /// An actor goes on with its operation.
    case turn
    /// An IOMMU carries out the first descriptor of its queue.
    case carryOut
    /// An IOMMU fails: its waits are aborted.
    case failure
    /// A walker fills its cache from an entry.
    case fill
    /// A walker evicts an entry.
    case evict
    /// A walker begins a walk from what it caches.
    case walk
    /// A walker's walk goes one level down, or ends.
    case step
    /// The oldest store that waits in a CPU's buffer is seen.
    case drain
    /// A walker sets the accessed or the dirty bit of a leaf.
    case mark
    /// What was requested by a write to an IOMMU's register takes effect.
    case settle
    /// A walker sets the accessed flag of an entry that leads to a table.
    case flag
  }

  /// 4 bits kind, 4 actor or IOMMU or walker or CPU, 8 move, 8 slot, 8 choice.
  var rawValue: UInt32

  init(rawValue: UInt32) { self.rawValue = rawValue }

  init(
    _ kind: Kind, _ actor: Int, move: Int = 0, slot: Int = 0, choice: Int = 0
  ) {
    rawValue =
      UInt32(kind.rawValue) | UInt32(actor) << 4 | UInt32(move) << 8
      | UInt32(slot) << 16 | UInt32(choice) << 24
  }

  /// What kind of step it is.
  public var kind: Kind { Kind(rawValue: UInt8(rawValue & 0xf)) ?? .turn }
  /// The actor, the IOMMU, the walker, or the CPU.
  public var actor: Int { Int(rawValue >> 4 & 0xf) }
  /// Whether a walker takes it.
  var isOfWalker: Bool {
    switch kind {
    case .fill, .evict, .walk, .step: true
    case .begin, .turn, .carryOut, .failure, .mark, .drain, .settle, .flag:
      false
    }
  }
  var move: Int { Int(rawValue >> 8 & 0xff) }
  var slot: Int { Int(rawValue >> 16 & 0xff) }
  var choice: Int { Int(rawValue >> 24) }

  /// The same step, another choice.
  func choosing(_ choice: Int) -> Action {
    Action(rawValue: rawValue & 0xff_ffff | UInt32(choice) << 24)
  }
}
