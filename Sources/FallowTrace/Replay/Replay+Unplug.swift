internal import Fallow
internal import FallowMachine

/// The tables of unplugged memory.
extension Replay {
  /// Frees such a table in the order in which the subject's kernel does it:
  /// `hot_free`.
  func freeUnplugged(_ place: Place, task: Int) {
    guard case .exact(let address, let tableLevel) = place else { return }
    let level = tableLevel.entryLevel
    guard level < X86FourLevel.levels,
      let stretch = Self.stretch(at: address, level: level)
    else { return leaveOut() }
    if shape(of: stretch, level: level) != .table {
      log.restored += 1
      guard layEmptyTable(stretch, level: level) else { return leaveOut() }
    }
    ask(for: stretch, level: level)
    switch subject.unplug {
    case .unlinksThenRetires:
      for table in detach(stretch, level: level) { retire(table) }
    case .freesThenClears:
      guard freeWhileNamed(stretch, level: level) else { return leaveOut() }
      log.freedBeforeClear += 1
      // The clock of the recording ticks in microseconds: the entry is cleared
      // before the next tick.
      machine.schedule(at: machine.now + 1_000) { [unowned self] in
        clearStaleEntries(in: stretch)
      }
    }
  }
}
