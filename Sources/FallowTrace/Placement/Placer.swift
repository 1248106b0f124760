// SPDX-License-Identifier: Apache-2.0

/// Finds where each freed table was linked, event by event.
///
/// It follows each task on its own: what a task recorded last names the window
/// of the table it frees next. ``UnplugTracker`` has the tables of unplugged
/// memory. Memory is bounded; what is forgotten for that
/// makes a place unknown, never wrong.
struct Placer {
  private var trails: [Int: TaskTrail] = [:]

  /// Tasks that are followed at once.
  private static let taskLimit = 1 << 14

  /// The place of the table that `event` hands over; nil if it hands none over.
  ///
  /// - Complexity: O(1), and O(the task's collapses) for a collapsed table.
  mutating func place(_ event: TraceEvent) -> Place? {
    switch event.payload {
    case .observed(let table):
      guard let place = table.place else { break }
      trail(of: event) { $0.named = (table.descriptor, place) }
    case .pmdFree(let address, _, _):
      trail(of: event) { $0.pmdWindow = LinuxLevel.pte.window(of: address) }
    case .pudFree(let address, _, _):
      trail(of: event) {
        $0.pudWindow = LinuxLevel.pmd.window(of: address)
        $0.pudSlot = nil
      }
    case .pudFreePTE(let descriptor, let nextSlot):
      let slot = ((nextSlot &- 8) & 0xFFF) / 8
      trail(of: event) { $0.pudSlot = (descriptor, slot) }
    case .collapse(let address, let ret, let pt, let pt2):
      trail(of: event) {
        $0.noteCollapse(address: address, ret: ret, pt: pt, pt2: pt2)
      }
    case .tableFree(let descriptor, _, let caller):
      return trail(of: event) {
        $0.place(ofTable: descriptor, caller: caller.symbol)
      }
    default:
      break
    }
    return nil
  }

  @inline(__always)
  private mutating func trail<Result>(
    of event: TraceEvent, _ body: (inout TaskTrail) -> Result
  ) -> Result {
    if trails.count > Self.taskLimit { trails.removeAll() }
    return body(&trails[event.task, default: TaskTrail()])
  }
}
