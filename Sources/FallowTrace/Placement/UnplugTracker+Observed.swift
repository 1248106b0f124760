// SPDX-License-Identifier: Apache-2.0

/// Tables that `fallow record` saw freed while an entry named them.
extension UnplugTracker {
  /// Takes the `index`th event, if the recorder saw its table so.
  ///
  /// - Returns: Whether it hands over such a table.
  mutating func receiveObserved(_ event: TraceEvent, at index: Int) -> Bool {
    switch event.payload {
    case .tableFree(let descriptor, _, _):
      return queue(descriptor, event.task, at: index)
    case .freedAtOnce(let descriptor, _, _):
      guard let seen = seenNamed(descriptor, event.task), !seen.isData else {
        return false
      }
      settle(
        UnpluggedTable(
          descriptor: descriptor, hotFree: index, route: .atOnce,
          place: seen.place ?? .unknown, level: seen.level))
    case .release(let descriptor, _):
      release(descriptor, event.task, at: index)
    default: break
    }
    return false
  }

  private mutating func queue(
    _ descriptor: UInt64, _ task: Int, at index: Int
  ) -> Bool {
    guard let seen = seenNamed(descriptor, task) else { return false }
    // A list that grows without end is damage.
    if seenNamed.count == Self.taskLimit { seenNamed.removeAll() }
    seenNamed[descriptor] = UnpluggedTable(
      descriptor: descriptor, tableFree: index, route: .queued,
      wasSeenNamed: true, place: seen.place ?? .unknown, level: seen.level)
    return true
  }

  /// The entry was cleared after the release if it named the table then, after
  /// the invalidation began if it did so at that time, and else before.
  ///
  /// A replay releases the table when its run begins, so the last two cases are
  /// an entry cleared after the release, and one cleared at once.
  private mutating func release(
    _ descriptor: UInt64, _ task: Int, at index: Int
  ) {
    guard var table = seenNamed.removeValue(forKey: descriptor) else { return }
    table.isReleased = true
    table.isReleasedWhileNamed = seenNamed(descriptor, task) != nil
    let isLate = table.isReleasedWhileNamed || table.isNamedAtInvalidation
    table.cleared = isLate ? index : table.tableFree.map { $0 + 1 }
    settle(table)
  }

  /// What the recorder saw just now of the table, if an entry named it.
  private func seenNamed(
    _ descriptor: UInt64, _ task: Int
  ) -> TableObservation? {
    guard let seen = observations[task], seen.descriptor == descriptor,
      seen.naming == .named
    else { return nil }
    return seen
  }
}
