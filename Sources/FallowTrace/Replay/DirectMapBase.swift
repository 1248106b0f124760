// SPDX-License-Identifier: Apache-2.0

/// Where the direct map begins, by what was plugged and unplugged.
///
/// Plugging is recorded by physical address, unplugging by virtual address.
/// The one difference between the two under which most unplugged blocks are
/// plugged ones is the base; if two differences do equally well, there is no
/// saying.
struct DirectMapBase {
  /// The virtual address of physical address 0; nil if there is no saying.
  let address: UInt64?

  /// More blocks of a kind than that say nothing new.
  private static let limit = 1_000

  /// Compares the blocks of `recording`.
  ///
  /// - Complexity: O(plugged blocks x unplugged blocks)
  init(of recording: Recording) {
    var plugged: Set<UInt64> = []
    var unplugged: Set<UInt64> = []
    for event in recording.events {
      switch event.payload {
      case .hotMap(let start, _) where plugged.count < Self.limit:
        plugged.insert(start)
      case .hotUnmap(let start, _, true) where unplugged.count < Self.limit:
        unplugged.insert(start)
      default: break
      }
    }
    var votes: [UInt64: Int] = [:]
    for virtual in unplugged {
      for physical in plugged { votes[virtual &- physical, default: 0] += 1 }
    }
    let most = votes.values.max()
    let best = votes.filter { $0.value == most }.map(\.key)
    address = best.count == 1 ? best[0] : nil
  }
}
