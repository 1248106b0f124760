// SPDX-License-Identifier: Apache-2.0

/// Puts worker runs together, event by event.
struct RunCollector {
  private var runs: [Int: WorkerRun] = [:]
  /// Tables handed over and not given back, oldest first.
  private var open = BoundedList<(descriptor: UInt64, time: UInt64)>()
  /// Tables listed since the last splice, oldest first.
  private var listed = BoundedList<UInt64>()

  /// The work item does not re-enter; more open runs than this are damage.
  private static let runLimit = 64

  /// Takes an event and returns the run that it ends, if any.
  ///
  /// - Complexity: O(1), and O(tables pending) for a release, a splice and an
  ///   invalidation.
  mutating func receive(_ event: TraceEvent) -> WorkerRun? {
    switch event.payload {
    case .tableFree(let descriptor, _, _):
      open.append((descriptor, event.time))
    case .listed(let descriptor):
      listed.append(descriptor)
    case .workerStart:
      if runs.count >= Self.runLimit { runs.removeAll() }
      runs[event.task] = WorkerRun(
        task: event.task, cpu: event.cpu, start: event.time)
    case .splice:
      runs[event.task]?.spliced = event.time
      runs[event.task]?.listed = listed.complete?.reversed()
      listed.removeAll()
    case .invalidate:
      guard runs[event.task] != nil else { break }
      runs[event.task]?.invalidated = event.time
      runs[event.task]?.handedOver =
        open.complete?.reversed().map(\.descriptor)
    case .release(let descriptor, _):
      let table = open.removeFirst { $0.descriptor == descriptor }
      runs[event.task]?.released.append(descriptor)
      guard let table, let first = runs[event.task] else { break }
      runs[event.task]?.firstHandedOver = min(
        first.firstHandedOver ?? table.time, table.time)
    case .workerEnd:
      var run = runs.removeValue(forKey: event.task)
      run?.end = event.time
      return run
    default:
      break
    }
    return nil
  }

  /// The runs that have not ended, in order of their start.
  var unfinished: [WorkerRun] {
    runs.values.sorted { ($0.start, $0.task) < ($1.start, $1.task) }
  }
}

/// A list that gives up when it grows past what real recordings have.
///
/// Without the events that empty it, a list of pending tables would grow with
/// the recording; it is then of no use and must not cost anything.
struct BoundedList<Element> {
  private var elements: [Element] = []
  private var isComplete = true

  /// The elements in the order of their coming; nil if some are missing.
  var complete: [Element]? { isComplete ? elements : nil }

  mutating func append(_ element: Element) {
    if elements.count == 1 << 13 {
      elements.removeAll()
      isComplete = false
    }
    elements.append(element)
  }

  /// Removes the first element that meets the condition, and returns it.
  mutating func removeFirst(
    where condition: (Element) -> Bool
  ) -> Element? {
    guard let index = elements.firstIndex(where: condition) else { return nil }
    return elements.remove(at: index)
  }

  mutating func removeAll() {
    elements.removeAll(keepingCapacity: true)
    isComplete = true
  }
}
