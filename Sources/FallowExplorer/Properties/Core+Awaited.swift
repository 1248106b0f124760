// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Tables that wait for the worker.
///
/// An operation that retires a table and schedules the worker, in whichever
/// order, wants the worker to come upon the table. If it never does, the
/// wake-up was lost, although the table can still be found.
extension Core {
  /// The actor has retired a table.
  func noteRetired(_ frame: Int) {
    cells.setBits(1 << UInt8(frame), at: Layout.retired, byte: actor)
    if cells[Layout.awaited] >> UInt64(8 + actor) & 1 != 0 {
      cells.setBits(1 << UInt64(frame), at: Layout.awaited)
    }
  }

  /// The actor has scheduled the worker.
  func noteScheduled() {
    cells.setBits(
      1 << UInt64(8 + actor) | UInt64(cells[Layout.retired, byte: actor]),
      at: Layout.awaited)
  }

  /// The actor was answered by the number of a frame.
  @inline(__always)
  func noteFound(_ frame: Int) {
    guard actor == layout.worker else { return }
    cells.clearBits(
      1 &<< UInt64(truncatingIfNeeded: frame), at: Layout.awaited)
  }

  /// What the worker, or the actor that carries out callbacks, does.
  var operationOfWorkers: Operation {
    actor == layout.callback && layout.memory.words == 0
      ? .callback : .reclaim
  }

  /// A frame was given back.
  func noteReleased(_ frame: Int) {
    cells.clearBits(1 << UInt64(frame), at: Layout.awaited)
    for other in 0..<layout.actors {
      cells.clearBits(1 << UInt8(frame), at: Layout.retired, byte: other)
      cells.clearBits(1 << UInt8(frame), at: Layout.unlinked, byte: other)
      cells.clearBits(1 << UInt8(frame), at: Layout.moved, byte: other)
    }
  }

  /// The actor's operation ends.
  func endRetiring() {
    cells.clearBits(1 << UInt64(8 + actor), at: Layout.awaited)
    cells[Layout.retired, byte: actor] = 0
  }
}
