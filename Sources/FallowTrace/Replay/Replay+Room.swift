// SPDX-License-Identifier: Apache-2.0

internal import Fallow
internal import FallowMachine

/// How the replay's kernel keeps to the limit of quarantined tables: what takes
/// frames for tables waits for a drain, and what retires never does.
extension Replay {
  /// Whether the event may happen now; if not, it happens when a drain has
  /// ended, and so does what its task did after it.
  func hasRoom(for index: Int) -> Bool {
    let event = recording.events[index]
    let isBehind = waitingEvents.contains {
      $0 < index && recording.events[$0].task == event.task
    }
    let needsRoom = mayTakeFrames(index)
    if !isBehind && !(needsRoom && subject.scheme.isFull()) {
      if needsRoom { log.noteRoom() }
      return true
    }
    waitingEvents.insert(
      index,
      at: waitingEvents.firstIndex { $0 > index } ?? waitingEvents.endIndex)
    _ = makeRoom()
    return false
  }

  /// Drains if the limit is reached; false if it still is, because a drain is
  /// under way.
  func makeRoom() -> Bool {
    while subject.scheme.isFull() {
      if worker.isRunning { return false }
      runWorker()
    }
    return true
  }

  /// Lets the events happen that waited for a drain.
  func goOn() {
    while !worker.isRunning, !waitingEvents.isEmpty {
      happen(waitingEvents.removeFirst())
    }
  }

  /// Whether a kernel may need frames for tables when the event happens: there
  /// it may sleep.
  private func mayTakeFrames(_ index: Int) -> Bool {
    switch recording.events[index].payload {
    case .vmap, .vmapPhysical, .areaAllocated, .pmdFree, .pudFree, .split,
      .collapse, .hotMap, .vmemmapMap:
      true
    case .tableFree: recording.place(ofFreeAt: index).isMadeUp
    case .listed(let descriptor): lostRaces.contains(descriptor)
    default: false
    }
  }
}

extension Place {
  /// Whether the replay makes a table, in order to free it.
  fileprivate var isMadeUp: Bool {
    switch self {
    case .exact: false
    case .neverLinked, .unknown: true
    }
  }
}
