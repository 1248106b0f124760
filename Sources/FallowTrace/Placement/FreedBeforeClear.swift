/// Tables given back at once while the entry that links them still stood.
///
/// Linux frees the tables of unplugged memory so: past the list and the
/// IOMMUs, before the entry is cleared and the CPUs are flushed.
public struct FreedBeforeClear: Codable, Equatable, Sendable {
  /// How many there were.
  public var tables = 0
  /// Of these, those whose window the recording names.
  public var placed = 0
  /// How many there were of each level, by ``LinuxLevel``'s names.
  ///
  /// A table of unknown level is in ``tables`` alone.
  public var byLevel: [String: Int] = [:]

  /// Makes counts of nothing.
  public init() {}
}

/// Recognises such tables: `hot_free`, and at once `now_free` of the same.
struct FreedBeforeClearCounter {
  private(set) var counts = FreedBeforeClear()
  /// The table that each task is giving back.
  private var open: [Int: Table] = [:]

  private struct Table {
    var descriptor: UInt64
    var place: Place
    var level: LinuxLevel?
  }

  mutating func receive(_ event: TraceEvent, place: Place?) {
    switch event.payload {
    case .hotFree(let descriptor, _, let caller, let r13, let r14):
      let level = UnpluggedTable(caller: caller, r13: r13, r14: r14).level
      if open.count > 1 << 14 { open.removeAll() }
      open[event.task] = Table(
        descriptor: descriptor, place: place ?? .unknown, level: level)
    case .freedAtOnce(let descriptor, _, _):
      guard let table = open[event.task], table.descriptor == descriptor else {
        return
      }
      open[event.task] = nil
      counts.tables += 1
      if case .exact = table.place { counts.placed += 1 }
      if let level = table.level {
        counts.byLevel[level.rawValue, default: 0] += 1
      }
    default:
      break
    }
  }
}
