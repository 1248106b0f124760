// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// A VT-d IOMMU that reads its structures and its queue from memory.
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
    guard layout.hasVTd else { return nil }
    let frame = index(of: FrameNumber(containing: address))
    guard
      let structure = Layout.Structure(
        rawValue: frame - layout.frames - layout.roots)
    else { return nil }
    let word =
      Int(truncatingIfNeeded: address.rawValue & (FrameNumber.size - 1)) / 8
    return Layout.StructureWord(
      structure: structure, frame: frame,
      word: structure == .queue ? word % Layout.Structure.queueWords : word)
  }

  /// The IOMMU goes on to the next descriptor.
  func fetchedOne() {
    cells[layout.queueHead] =
      (cells[layout.queueHead] + VTdDescriptor.size) & (FrameNumber.size - 1)
  }

  /// The queue stops, and says why.
  func raise(_ fault: UInt64) { cells.setBits(fault, at: layout.faultStatus) }

  /// A device does not answer in time: every wait that was fetched is aborted.
  mutating func timeOut() {
    happened |= CoverageGoal.failed.bit
    cells[layout.queueHead] = cells[layout.queueTail]
    raise(VTdRegister.Fault.timeOut.mask)
  }

  /// Takes notice of an entry of the PASID table that was written: while it is
  /// present, the IOMMU may read and cache it.
  mutating func entryWritten(of pasid: Int) {
    let isPresent = cells[layout.cell(.pasidTable, pasid * 8)] & 1 != 0
    setPresent(pasid, on: 0, isPresent)
    treeChanged = true
    let root = cells[layout.cell(.pasidTable, pasid * 8 + 2)]
    if isPresent,
      root & VTdEntry.address
        != number(layout.frames + pasid).address.rawValue
    {
      note(.tornEntry)
    }
  }
}
