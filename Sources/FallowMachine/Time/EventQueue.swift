// SPDX-License-Identifier: Apache-2.0

import Fallow

/// What is to happen, in the order of its time.
///
/// At equal times what hardware completes comes before what software does,
/// and otherwise first come is first served.
struct EventQueue {
  /// What is to happen.
  enum Action {
    /// The IOMMU with that number completes the descriptor it works on.
    case completion(iommu: Int, session: UInt32)
    /// A write to a register of the IOMMU with that number takes effect.
    case settlement(iommu: Int, RISCVIOMMURegister)
    /// Something that the machine's user wants to happen.
    case body(() -> Void)
  }

  private struct Entry {
    var time: UInt64
    var order: UInt64
    var action: Action

    func precedes(_ other: Self) -> Bool {
      time != other.time ? time < other.time : order < other.order
    }
  }

  private var heap: [Entry] = []
  private var count: UInt64 = 0

  /// When the next event is due, in nanoseconds.
  var nextTime: UInt64? { heap.first?.time }

  /// Adds an event.
  ///
  /// - Complexity: O(log events)
  mutating func insert(_ action: Action, at time: UInt64) {
    count += 1
    var order = count
    if case .body = action { order |= 1 << 63 }
    heap.append(Entry(time: time, order: order, action: action))
    var place = heap.count - 1
    while place > 0, heap[place].precedes(heap[(place - 1) / 2]) {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  /// Takes the next event.
  ///
  /// - Precondition: There is one.
  /// - Complexity: O(log events)
  mutating func removeFirst() -> Action {
    heap.swapAt(0, heap.count - 1)
    let action = heap.removeLast().action
    var place = 0
    while true {
      var least = place
      for child in [place * 2 + 1, place * 2 + 2]
      where child < heap.count && heap[child].precedes(heap[least]) {
        least = child
      }
      if least == place { return action }
      heap.swapAt(place, least)
      place = least
    }
  }
}
