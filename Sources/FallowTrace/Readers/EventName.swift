// SPDX-License-Identifier: Apache-2.0

/// The events that are read, by the names that recordings give them.
enum EventName: UInt32, CaseIterable {
  case tableFree, listed, workerStart, splice, invalidate, release, workerEnd
  case invalidated, stillLinked
  case clearedPTETable, clearedPMDTable, clearedPUDTable
  case flush
  case pmdFree, pudFree, pudFreePTE, collapse, split, changeAttributes
  case pteAlloc, pmdAlloc, pudAlloc, pmdHuge, pudHuge
  case vmap, vmapPhysical, vunmap, apply
  case areaAllocated, areaFreed, areasPurged
  case freedAtOnce, hotUnmap, hotFree, hotMap, vmemmapMap, vmemmapUnmap
  case workQueued, workStarted, workFinished

  /// What recordings call the event.
  var recordedName: StaticString { declaration.recordedName }
}

extension EventName {
  private static let names = SymbolTable(table.map(\.recordedName))

  /// Whether the bytes of `line` in `range` are the name of an event that is
  /// read.
  static func isRecorded(_ line: LineBytes, _ range: Range<Int>) -> Bool {
    var hash = NameHash()
    for index in range { hash.add(line[index]) }
    return names.find(
      line, from: range.lowerBound, to: range.upperBound, hash: hash.value)
      != nil
  }
}
