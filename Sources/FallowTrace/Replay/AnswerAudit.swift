// SPDX-License-Identifier: Apache-2.0

internal import Fallow
internal import FallowMachine

/// Checks, from what the machine reports, that no table is released before
/// every IOMMU has answered for every space it may walk.
///
/// An IOMMU has answered when a request that was submitted after the table was
/// retired has completed, and after it a wait that was not aborted. The audit
/// knows nothing of any scheme.
struct AnswerAudit {
  private struct Queue {
    /// Requests that have not completed: which, and the step they came at.
    var open: [(request: InvalidationRequest, step: UInt64)] = []
    /// The step of the last request that completed, by PASID.
    var completed: [UInt32: UInt64] = [:]
    /// The same, of those that a wait has confirmed.
    var confirmed: [UInt32: UInt64] = [:]
  }

  private var step: UInt64 = 0
  private var queues: [Int: Queue] = [:]
  private var retired: [FrameNumber: UInt64] = [:]
  private let pasids: [UInt32]
  /// The IOMMUs whose devices may walk.
  private(set) var walkers: IOMMUSet
  /// The step at which a device came back: it starts cold, and what was
  /// retired before is nothing to it.
  private var joined: [Int: UInt64] = [:]
  /// Tables that were released though an IOMMU had not answered.
  private(set) var unanswered = 0

  init(spaces: Int, walkers: IOMMUSet) {
    pasids = spaces == 0 ? [] : (1...UInt32(spaces)).map { $0 }
    self.walkers = walkers
  }

  /// The device of an IOMMU was expelled.
  mutating func leave(_ iommu: Int) { walkers.remove(iommu) }

  /// It comes back.
  mutating func join(_ iommu: Int) {
    walkers.insert(iommu)
    joined[iommu] = step
  }

  /// Takes note of what happened next.
  mutating func note(_ event: MachineEvent.Kind) {
    step += 1
    switch event {
    case .retired(let frame): retired[frame] = step
    case .submitted(let request, let iommu):
      queues[iommu, default: Queue()].open.append((request, step))
    case .invalidated(let request, let iommu):
      complete(request, &queues[iommu, default: Queue()])
    case .skipped(let iommu):
      if queues[iommu]?.open.isEmpty == false {
        queues[iommu]?.open.removeFirst()
      }
    case .restarted(let iommu): queues[iommu]?.open.removeAll()
    case .answered(let iommu):
      if let completed = queues[iommu]?.completed {
        queues[iommu]?.confirmed = completed
      }
    case .released(let frame):
      guard let since = retired.removeValue(forKey: frame) else { return }
      if !isAnswered(since: since) { unanswered += 1 }
    default: break
    }
  }

  private func complete(_ request: InvalidationRequest, _ queue: inout Queue) {
    guard let index = queue.open.firstIndex(where: { $0.request == request })
    else { return }
    let step = queue.open[index].step
    queue.open.removeSubrange(...index)
    for pasid in request.pasid.map({ [$0.rawValue] }) ?? pasids {
      queue.completed[pasid] = step
    }
  }

  private func isAnswered(since retired: UInt64) -> Bool {
    var left = walkers
    while !left.isEmpty {
      let confirmed = queues[left.first]?.confirmed ?? [:]
      let isCold = joined[left.first].map { $0 >= retired } ?? false
      if !isCold, !pasids.allSatisfy({ confirmed[$0] ?? 0 > retired }) {
        return false
      }
      left.removeFirst()
    }
    return true
  }
}
