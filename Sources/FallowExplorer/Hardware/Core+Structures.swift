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

  /// The IOMMU goes on to the next command.
  func fetchedOne() {
    let head = cells[layout.queueHead]
    cells[layout.queueHead] =
      layout.manual == .vtd
      ? (head + VTdDescriptor.size) & (FrameNumber.size - 1)
      : (head + 1) & (FrameNumber.size / RISCVIOMMUCommand.size - 1)
  }

  /// The queue stops at a command that is none.
  func stopAtInvalidCommand() {
    cells.setBits(
      layout.manual == .vtd
        ? VTdRegister.Fault.queue.mask : RISCVIOMMURegister.Queue.illegal.mask,
      at: layout.queueStatus)
  }

  /// Something does not answer in time.
  ///
  /// VT-d aborts every wait that was fetched; the RISC-V IOMMU stops where it
  /// is.
  mutating func timeOut() {
    happened |= CoverageGoal.failed.bit
    if layout.manual == .vtd {
      cells[layout.queueHead] = cells[layout.queueTail]
      cells.setBits(VTdRegister.Fault.timeOut.mask, at: layout.queueStatus)
    } else {
      cells.setBits(
        RISCVIOMMURegister.Queue.timeOut.mask, at: layout.queueStatus)
    }
  }

  /// Takes notice of a word of the table of PASIDs, or processes, that was
  /// written: while its entry is present, the IOMMU may read and cache it.
  mutating func entryWritten(at word: Int) {
    let size = layout.manual == .vtd ? 8 : 2
    let pasid = word / size
    guard pasid < layout.roots else { return }
    let first = layout.cell(.pasidTable, pasid * size)
    let isPresent = cells[first] & 1 != 0
    setPresent(pasid, on: 0, isPresent)
    treeChanged = true
    let root = number(layout.frames + pasid)
    let leadsToRoot =
      layout.manual == .vtd
      ? cells[first + 2] & VTdEntry.address == root.address.rawValue
      : RISCVIOMMUEntry.Root.frame.read(cells[first + 1]) == root.rawValue
    if isPresent, !leadsToRoot { note(.tornEntry) }
  }

  // MARK: What it caches of entries

  /// Carries out a command to drop entries.
  func forgetEntries(_ command: QueueDescriptor, on iommu: Int) {
    for pasid in pasids(of: command) {
      if rules.entriesDropLate, layout.readsMemory {
        cells.setBits(1 << UInt64(pasid), at: layout.entriesToForget)
      } else {
        forgetEntry(of: pasid, on: iommu)
      }
    }
  }

  /// The commands before a fence are done.
  func endDroppingEntries(on iommu: Int) {
    guard rules.entriesDropLate, layout.readsMemory else { return }
    var left = cells[layout.entriesToForget]
    while left != 0 {
      forgetEntry(of: left.trailingZeroBitCount, on: iommu)
      left &= left &- 1
    }
    cells[layout.entriesToForget] = 0
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
