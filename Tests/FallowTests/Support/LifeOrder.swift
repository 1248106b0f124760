@testable import Fallow

/// Checks that every table goes cleared, flushed, retired, readers awaited,
/// submitted, fenced, waited for, released, in this order.
struct LifeOrder {
  private enum Stage {
    case linked, cleared, flushed, retired, readersAwaited
  }

  /// What must have been asked and answered before a table goes.
  private let bindings: [Binding]
  private var stages: [FrameNumber: Stage] = [:]
  private var submitted: [PASID: Set<Int>] = [:]
  private var fenced: Set<Int> = []
  private var answered: Set<Int> = []
  /// Of a parked table: the IOMMUs that have not forgotten it.
  private var waiting: [FrameNumber: Set<Int>] = [:]
  /// How many linked tables were released.
  private(set) var released = 0

  init(bindings: [Binding] = []) { self.bindings = bindings }

  private struct Violation: Error {
    var text: String
  }

  /// Nil, or what is out of order.
  mutating func check(_ events: [Event]) -> String? {
    for (index, event) in events.enumerated() {
      do throws(Violation) { try step(event) } catch {
        return "event \(index), \(event): \(error.text)"
      }
    }
    return nil
  }

  private mutating func step(_ event: Event) throws(Violation) {
    switch event {
    case .linked(let table):
      stages[table] = .linked
    case .cleared(let table):
      stages[table] = .cleared
    case .flushed:
      advance(from: .cleared, to: .flushed)
    case .retired(let table):
      guard stages[table] == nil || stages[table] == .flushed else {
        throw Violation(text: "retired when \(describe(table))")
      }
      stages[table] = .retired
    case .awaitedReaders:
      advance(from: .retired, to: .readersAwaited)
      submitted = [:]
      fenced = []
      answered = []
    case .submitted(let request, let iommu):
      guard answered.isEmpty else {
        throw Violation(text: "submitted after a wait")
      }
      guard request.range == X86FourLevel.kernelHalf && !request.leavesOnly
      else { throw Violation(text: "does not cover tables") }
      guard !fenced.contains(iommu) else {
        throw Violation(text: "submitted after its fence")
      }
      guard let pasid = request.pasid else {
        throw Violation(text: "names no PASID")
      }
      submitted[pasid, default: []].insert(iommu)
    case .fenced(let iommu):
      guard answered.isEmpty else {
        throw Violation(text: "fenced after a wait")
      }
      fenced.insert(iommu)
    case .waited(let iommu, let didAnswer):
      guard fenced.contains(iommu) else {
        throw Violation(text: "no fence to wait for")
      }
      if didAnswer { answered.insert(iommu) }
    case .parked(let table):
      let left = unanswered(for: table)
      guard stages[table] == .readersAwaited, !left.isEmpty else {
        throw Violation(text: "parked for nothing")
      }
      waiting[table] = left
      stages[table] = .retired
    case .released(let table, _):
      guard let stage = stages.removeValue(forKey: table) else { return }
      let left = unanswered(for: table)
      guard stage == .readersAwaited, left.isEmpty else {
        throw Violation(text: "released when \(stage), unanswered: \(left)")
      }
      waiting[table] = nil
      released += 1
    }
  }

  /// The IOMMUs that never forgot a table: of those that it waited for, those
  /// that did not answer now.
  private func unanswered(for table: FrameNumber) -> Set<Int> {
    var silent: Set<Int> = []
    for binding in bindings {
      for iommu in 0..<32 where binding.iommus.contains(iommu) {
        if !submitted[binding.pasid, default: []].contains(iommu)
          || !answered.contains(iommu)
        {
          silent.insert(iommu)
        }
      }
    }
    return waiting[table].map { $0.intersection(silent) } ?? silent
  }

  private mutating func advance(from old: Stage, to new: Stage) {
    for (table, stage) in stages where stage == old { stages[table] = new }
  }

  private func describe(_ table: FrameNumber) -> String {
    stages[table].map { "\($0)" } ?? "unknown"
  }
}
