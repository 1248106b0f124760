// SPDX-License-Identifier: Apache-2.0

/// What keeps a scenario from being searched.
extension Scenario {
  /// A sentence that names what lies outside the machine; nil if nothing does.
  ///
  /// The limits come from how a state is kept: a set of frames is a byte, a
  /// slot's state four bits, a ticket two bits of a word.
  public var obstruction: String? {
    let limits: [(String, Int, ClosedRange<Int>)] = [
      ("cpus", bounds.cpus, 1...6), ("slots", slots.count, 1...16),
      ("frames", bounds.frames, 1...7), ("iommus", bounds.iommus, 1...4),
      ("pasids", bounds.pasids, 1...8), ("levels", bounds.levels, 2...3),
      ("indexBits", bounds.indexBits, 1...2),
      ("interrupts", bounds.interrupts, 0...2),
      ("storeBuffers", bounds.storeBuffers, 0...8),
      ("words", bounds.words, 4...16),
      ("wordsPerCPU", bounds.wordsPerCPU, 1...8),
      ("asids", bounds.asids, 1...4), ("moves", moves.count, 1...64),
    ]
    for (name, value, range) in limits where !range.contains(value) {
      return "\(name) is \(value); the explorer takes "
        + "\(range.lowerBound) to \(range.upperBound)"
    }
    return combined ?? slots.indices.lazy.compactMap(obstruction).first
  }

  /// The limits of bounds together.
  private var combined: String? {
    let others = bounds.hasCallbacks ? 2 : 1
    if bounds.cpus + others + bounds.interrupts > 8 {
      return "CPUs, the worker and interrupts are more than 8 actors"
    }
    if bounds.iommus * bounds.pasids > 16 {
      return "IOMMUs times PASIDs are more than 16"
    }
    if bounds.migrates, bounds.storeBuffers > 0 || bounds.interrupts > 0 {
      return "migration is not modelled with store buffers or interrupts"
    }
    if bounds.cpusCacheApart || bounds.asids > 1,
      Layout(bounds).walkers > 16
    {
      return "CPUs that cache apart, their ASIDs and IOMMUs are more than 16 "
        + "walkers"
    }
    if bounds.walkersSetBits,
      bounds.storeBuffers > 0 || !bounds.iommusSnoop
    {
      return "bits that walkers set are not modelled with store buffers, or "
        + "IOMMUs that do not snoop"
    }
    if !bounds.iommusSnoop,
      bounds.storeBuffers > 0 || bounds.structures != .none
    {
      return "IOMMUs that do not snoop are not modelled with store buffers, or "
        + "where they read structures from memory"
    }
    if bounds.structures != .none, bounds.storeBuffers > 0 {
      return "what IOMMUs read from memory is not modelled with store buffers"
    }
    if rules.cpusCacheAbsence || bounds.keepsRights, bounds.levels > 2,
      bounds.indexBits > 1
    {
      return "what CPUs hold as not mapped, and which leaves walkers may write "
        + "through, is kept for 64 entries"
    }
    if bounds.keepsTranslations, !bounds.cpusWalk {
      return "accesses of CPUs are searched only where CPUs walk the tables"
    }
    if bounds.keepsTranslations, bounds.migrates {
      return "accesses of CPUs are not searched with migration"
    }
    if bounds.structures != .none, bounds.iommus > 1 {
      return "one IOMMU that reads memory is modelled, not \(bounds.iommus)"
    }
    if bounds.ats, bounds.structures.manual?.knowsDeviceTLBs == false {
      return "the driver of this IOMMU knows no device with a TLB"
    }
    return nil
  }

  private func obstruction(ofSlot index: Int) -> String? {
    let slot = slots[index]
    let pages = 1 << (bounds.levels * bounds.indexBits)
    if slot.number != index {
      return "slot \(index) has the number \(slot.number)"
    }
    if slot.isBinding {
      let isThere =
        (0..<bounds.iommus).contains(slot.iommu)
        && (0..<bounds.pasids).contains(slot.pasid)
      return isThere
        ? nil : "slot \(index) names an IOMMU or a PASID that is not there"
    }
    if slot.firstPage < 0 || slot.firstPage + slot.pageCount > pages {
      return "slot \(index) reaches beyond the \(pages) pages of the tree"
    }
    return nil
  }
}
