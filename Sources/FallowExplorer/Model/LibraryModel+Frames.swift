// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Frames that the caller brings: lists of pages, and frames for tables.
extension LibraryModel {
  /// Maps a slot by a list.
  ///
  /// Where it is refused, what came before is unmapped again.
  func mapList(_ slot: Slot) throws(Stop) -> Bool {
    let first = FrameNumber(containing: slot.target).rawValue
    let frames = (0..<UInt64(slot.pageCount)).map { FrameNumber(first + $0) }
    if try space.map(slot.range.start, to: frames.span, attributes: .none)
      == nil
    {
      return true
    }
    _ = try space.unmap(slot.range)
    return false
  }

  func unmapList(_ slot: Slot) throws(Stop) -> Bool {
    var frames = [FrameNumber](repeating: .none, count: slot.pageCount)
    var places = frames.mutableSpan
    var unlinked = UnlinkedTables<SteppingMachine, KernelHalf>(
      on: space.platform)
    let refusal = try space.unmap(
      slot.range.start, to: &places, into: &unlinked)
    try space.scheme.retire(unlinked)
    return refusal == nil
  }

  /// Maps a slot with as many frames as it needs tables, which were taken
  /// before, and gives back what is left of them.
  ///
  /// A neighbour that empties a table meanwhile makes it need one more. Where
  /// there is none, the slot is unmapped again.
  func mapReserved(_ slot: Slot) throws(Stop) -> Bool {
    let perTable = space.platform.entriesPerTable
    let last = slot.firstPage + slot.pageCount - 1
    guard
      var reserved = try ReservedFrames.make(
        last / perTable - slot.firstPage / perTable + 1, on: space.platform)
    else { return false }
    let refusal = try space.map(
      slot.range, to: slot.target, attributes: .none, maxLeafLevel: 1,
      from: &reserved)
    try reserved.giveBack()
    if refusal == nil { return true }
    _ = try space.unmap(slot.range)
    return false
  }
}
