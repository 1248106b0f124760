// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// What is done wrong around a leaf that changes, while walkers may hold what
/// it said before.
enum LeafFault: Sendable {
  case none
  case noCPUFlush, flushesFirst, flushesNeighbour, flushesNothing
  case noInvalidation, invalidatesFirst, ignoresAnswer
  /// The page goes to another owner as soon as the leaf is cleared.
  case givesFirst
  /// The leaf goes, and not its right alone.
  case losesLeaf
}

extension SteppingMachine {
  /// Changes the leaf of a slot, and has every walker forget what it said.
  ///
  /// Whether they have, as far as the code with that fault knows.
  func changeLeaf(
    of slot: Slot, _ fault: LeafFault, _ driver: DriverFault,
    _ change: () throws(Stop) -> Void
  ) throws(Stop) -> Bool {
    if fault == .flushesFirst { try flushCPUs(slot.range) }
    if fault == .invalidatesFirst {
      _ = try sharing(driver).invalidateKernelHalf()
    }
    try change()
    switch fault {
    case .noCPUFlush, .flushesFirst: break
    case .flushesNothing:
      try flushCPUs(VirtualRange(start: slot.range.start, size: 0))
    case .flushesNeighbour: try flushCPUs(slot.neighbour)
    case .none, .noInvalidation, .invalidatesFirst, .ignoresAnswer,
      .givesFirst, .losesLeaf:
      try flushCPUs(slot.range)
    }
    if fault == .noInvalidation || fault == .invalidatesFirst { return true }
    let isAnswered = try sharing(driver).invalidateKernelHalf()
    return isAnswered || fault == .ignoresAnswer
  }
}

extension Slot {
  /// The page beside its first.
  fileprivate var neighbour: VirtualRange {
    VirtualRange(
      start: VirtualAddress(range.start.rawValue ^ 1 << FrameNumber.shift),
      size: FrameNumber.size)
  }
}

extension Scenario {
  /// The same with an IOMMU that may fail, without a table that is released.
  var mayFailOnce: Scenario {
    var scenario = self
    scenario.bounds.mayFail = true
    scenario.mustHappen = [.walked, .failed]
    return scenario
  }
}
