// SPDX-License-Identifier: Apache-2.0

/// The CPUs that a recording names, and which CPU of the machine stands for
/// each.
struct RecordedCPUs {
  /// The machine has no more CPUs than that; further ones share.
  static var limit: Int { 1_024 }

  private var numbers: [Int]

  /// The CPUs of `events`.
  ///
  /// - Complexity: O(events)
  init(of events: some Sequence<TraceEvent>) {
    var seen: Set<Int> = []
    for event in events { seen.insert(event.cpu) }
    numbers = seen.sorted()
  }

  /// How many CPUs the machine is to have.
  var count: Int { max(2, min(numbers.count, Self.limit)) }

  /// The machine's CPU that stands for `number` of the recording.
  ///
  /// - Complexity: O(log CPUs)
  func simulated(_ number: Int) -> Int {
    var low = 0
    var high = numbers.count
    while low < high {
      let middle = (low + high) / 2
      if numbers[middle] < number { low = middle + 1 } else { high = middle }
    }
    return low % count
  }

  /// The recording's number of a CPU of the machine.
  func recorded(_ simulated: Int) -> Int {
    numbers.indices.contains(simulated) ? numbers[simulated] : simulated
  }
}
