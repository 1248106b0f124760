// SPDX-License-Identifier: Apache-2.0

internal import Fallow

extension SteppingMachine {
  /// A word of a structure: shared, but for what a lock guards or never
  /// changes.
  func access(
    _ kind: Access, _ place: Layout.StructureWord, _ change: (UInt64) -> UInt64
  ) throws(Stop) -> UInt64 {
    guard core.layout.keeps(place) else { throw core.fail(.outOfBounds) }
    // What a lock guards, or never changes, others cannot notice.
    let isConstant =
      place.reportsErrors && core.reductions.contains(.constants)
    let isShared =
      place.structure != .control || place.isWaitersToo && !isConstant
      || !place.isGuarded && kind != .loadEntry
    if let old = try core.begin(
      kind, place.frame, place.word, isShared: isShared)
    {
      return old
    }
    if place.isGuarded, !core.holds(.sharing) {
      throw core.fail(.lockDiscipline)
    }
    let cell = core.layout.cell(place.structure, place.word)
    let old = core.cells[cell]
    core.cells[cell] = change(old)
    if place.reportsErrors, change(old) != old { core.noteQueueError() }
    if kind != .loadEntry, place.structure.leadsToSpaces {
      core.structureWritten()
    }
    return try core.end(
      kind, place.frame, place.word, kind == .storeEntry ? 0 : old)
  }
}
