// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// An IOMMU that reads its structures and its queue from memory.
extension Core {
  /// The next frame for a structure, while set-up hands them out.
  mutating func takeStructure() -> FrameNumber? {
    guard let taken = structuresTaken else { return nil }
    structuresTaken = taken + 1
    return number(layout.frames + layout.roots + taken)
  }

  /// The word of a structure at an address, if it is in one.
  @inline(__always)
  func structure(at address: PhysicalAddress) -> Layout.StructureWord? {
    guard layout.readsMemory else { return nil }
    let frame = index(of: FrameNumber(containing: address))
    guard
      let structure = layout.structure(
        taken: frame - layout.frames - layout.roots)
    else { return nil }
    let word =
      Int(truncatingIfNeeded: address.rawValue & (FrameNumber.size - 1)) / 8
    return Layout.StructureWord(
      structure: structure, frame: frame,
      word: structure == .queue ? word % Layout.Structure.queueWords : word)
  }

  /// A structure that leads to spaces is given back: by now the IOMMU may find
  /// none.
  mutating func freeStructure(in frame: Int) throws(Stop) {
    if try begin(.free, frame) != nil { return }
    for pasid in 0..<layout.roots where isLive(pasid, on: 0) {
      throw fail(.heldAtRelease, at: frame)
    }
    try end(.free, frame, 0, 0)
  }

  /// The IOMMU that reads memory, in the state at hand.
  var memory: IOMMUMemory { IOMMUMemory(layout: layout, cells: cells) }

  /// The IOMMU goes on to the next command.
  func fetchedOne() {
    guard let positions = layout.manual?.positions else { return }
    let head = memory[.head] & positions.mask
    memory[.head] = positions.position(of: head >> positions.scale + 1)
  }

  /// A wait is completed.
  func completeWait(_ ticket: Int) {
    guard let manual = layout.manual, !manual.completesByHead else { return }
    cells[layout.status] = UInt64(ticket)
  }

  /// What reports an error of the queue changes.
  mutating func noteQueueError() {
    if !runsThrough { meet(.queueError) }
  }

  /// The queue stops at a command that is not legal.
  mutating func stopAtInvalidCommand() {
    noteQueueError()
    layout.manual?.stopAtInvalidCommand(memory)
  }

  /// Something does not answer in time.
  mutating func timeOut() {
    happened |= CoverageGoal.failed.bit
    noteQueueError()
    layout.manual?.timeOut(memory)
  }

  /// Takes notice of a structure that was written: while the entry of a space
  /// is present, the IOMMU may read and cache it.
  mutating func structureWritten() {
    guard let manual = layout.manual else { return }
    for pasid in 0..<layout.roots {
      let root = number(layout.frames + pasid)
      let entry = manual.entry(of: pasid, from: root, in: memory)
      setPresent(pasid, on: 0, entry != .absent)
      if entry == .torn { note(.tornEntry) }
    }
    treeChanged = true
  }

  // MARK: What it caches of entries

  /// Carries out a command to drop entries.
  func forgetEntries(_ command: QueueDescriptor, on iommu: Int) {
    for pasid in pasids(of: command) {
      if rules.entriesDropLate, layout.readsMemory {
        memory[.entriesToForget] = memory[.entriesToForget] | 1 << UInt64(pasid)
      } else {
        forgetEntry(of: pasid, on: iommu)
      }
    }
  }

  /// The commands before a fence are done.
  func endDroppingEntries(on iommu: Int) {
    guard rules.entriesDropLate, layout.readsMemory else { return }
    var left = memory[.entriesToForget]
    while left != 0 {
      forgetEntry(of: left.trailingZeroBitCount, on: iommu)
      left &= left &- 1
    }
    memory[.entriesToForget] = 0
  }

  /// The spaces that a command means.
  func pasids(of command: QueueDescriptor) -> Range<Int> {
    command.isOfEveryPASID
      ? 0..<layout.roots
      : min(
        command.pasid, layout.roots)..<min(
          command.pasid + 1, layout.roots)
  }
}
