// SPDX-License-Identifier: Apache-2.0

internal import Fallow

extension Core {
  /// The machine before anything happened: a root that is linked, the roots
  /// of the shared spaces, and frames that are free.
  mutating func setUp(walkingCPUs: UInt8) {
    for cpu in 0..<layout.firstInterrupt
    where walkingCPUs >> UInt8(cpu) & 1 == 0 { setASID(of: cpu, to: 0xf) }
    for entry in layout.inMemory..<layout.fields {
      cells[entry] =
        entry < layout.inMemory + layout.entriesPerTable
        ? 0 : TinyEntry.leftover
    }
    cells[Layout.free] = (1 << UInt64(layout.frames) - 1) & ~1
    for entry in layout.entry(1, 0)..<layout.entry(layout.frames, 0) {
      cells[entry] = TinyEntry.leftover
    }
    for frame in [0] + (layout.frames..<(layout.frames + layout.roots)) {
      var word = TypeWord.table(
        of: KernelHalf.self, level: layout.levels, order: 0)
      word.state = .linked
      cells[layout.field(.typeWord, of: frame)] = UInt64(word.rawValue)
    }
  }

  func setSlot(_ slot: Int, _ value: SlotState) {
    let shift = UInt64(slot * 4)
    cells[Layout.slotStates] =
      cells[Layout.slotStates] & ~(0xf << shift)
      | UInt64(value.rawValue) << shift
  }

  func slot(_ slot: Int) -> SlotState {
    SlotState(
      rawValue: UInt8(cells[Layout.slotStates] >> UInt64(slot * 4) & 0xf))
      ?? .busy
  }

  func isHolding(_ actor: Int) -> Bool {
    (0..<Layout.lockCount).contains {
      cells[Layout.locks, byte: $0] == UInt8(actor + 1)
    }
  }
}

extension SteppingMachine {
  /// Lets devices share every space from the beginning.
  func bindAll(_ layout: Layout) throws(Stop) {
    let sharing = Sharing(driver: SteppingDriver(platform: self))
    for pasid in 0..<layout.roots {
      for iommu in 0..<layout.iommus {
        let device = Device(iommu: iommu, requester: 0)
        let outcome = try sharing.bind(
          core.number(layout.frames + pasid), to: device,
          as: PASID(UInt32(pasid)))
        precondition(outcome == .bound, "nothing was bound before")
      }
    }
  }
}
